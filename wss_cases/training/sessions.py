"""Training sessions of a school or the district: a day, a topic, who gave it, and who came."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from flask import render_template, request, url_for
from sqlalchemy import Select, func, or_, select
from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import SYSTEM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import (
    BaseForm,
    LongText,
    NotBlank,
    PlainForm,
    ShortText,
    choice_field,
    choices,
    sent_answers,
)
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words_with_year, today_at, zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.foundation.tables.ordering import in_order, ranked
from wss_cases.journal.acts import FRAME, Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.journal.timeline import entry_rows, in_both
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, reached_schools, schools_by_id
from wss_cases.training.records.models import (
    CORRECTED,
    KEEPERS,
    TrainingRecord,
    TrainingSession,
    names_of,
    partner_names,
    school_asked,
    staff_of,
)
from wss_cases.training.records.pages import (
    DAY,
    HOURS,
    Training,
    check_hours,
    hours_words,
    length,
    minutes_of,
    put_all_on_record,
    take_all_back,
)
from wss_cases.training.topics import names_in_both, offered, topic_names

MANAGE = Permission.TRAINING_MANAGE
PAGE = 50
AHEAD: Final = timedelta(days=366)
BACK: Final = timedelta(days=3 * 366)
"""How far from today a session can be."""


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of sessions to those of schools for whose trainings one answers; the district's to itself."""
    return statement.where(in_schools(TrainingSession.school_id, actor, *KEEPERS))


def sessions_of(
    actor: Actor, school_id: int | None, order: Order, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[Any]:
    """Rows of a session, its school's name (None: the district's) and how many people are signed in.

    They are those of a school, and the district's for whoever may see them; of every school in reach where none is
    given. `after` is the id of the last row of the page before.
    """
    there = (
        select(func.count(TrainingRecord.id))
        .where(TrainingRecord.session_id == TrainingSession.id, TrainingRecord.taken_back_at.is_(None))
        .correlate(TrainingSession)
        .scalar_subquery()
    )
    by: Any = {"day": TrainingSession.held_on, "people": there}.get(order.key)
    if by is None:
        by = ranked(TrainingSession.topic, topic_names())
    last = None
    if after is not None:
        place = db.session.execute(visible_to(select(by), actor).where(TrainingSession.id == after)).first()
        last = (place[0], after) if place is not None else None
    every: Any = select(TrainingSession, School.name, there)
    statement = visible_to(every.outerjoin(School, School.id == TrainingSession.school_id), actor)
    if school_id is not None:
        own = TrainingSession.school_id == school_id
        everywhere = actor.everywhere(Role.DISTRICT)
        statement = statement.where(or_(own, TrainingSession.school_id.is_(None)) if everywhere else own)
    ordered = in_order(statement, TrainingSession.id, by, down=order.down, limit=limit, last=last)
    return db.session.execute(ordered).all()


def get_session(actor: Actor, session_id: int) -> TrainingSession:
    """A session that the actor may keep. Raises NotFound."""
    wanted = select(TrainingSession).where(TrainingSession.id == session_id)
    row: TrainingSession = existing(db.session.scalar(visible_to(wanted, actor)))
    require(actor, MANAGE, row)
    return row


def signed_in(session_id: int) -> dict[int, TrainingRecord]:
    """Who was at a session: user id to what they have on record for it."""
    statement = select(TrainingRecord).where(
        TrainingRecord.session_id == session_id, TrainingRecord.taken_back_at.is_(None)
    )
    return {row.user_id: row for row in db.session.scalars(statement.order_by(TrainingRecord.id))}


def place_of(school_id: int | None) -> str:
    """The name of a session's school, or words for the whole district."""
    school = get_school(school_id) if school_id is not None else None
    return school.name if school else _("For the whole district")


def given_by(row: TrainingSession, partners: Mapping[int, str]) -> str:
    """Who gives a session: whom it names, or the partner of the directory."""
    return row.provider or partners.get(row.partner_id or 0, "")


def session_href(row: TrainingSession, _answer: int = 0) -> str:
    """Address of a session's page."""
    return url_for("training_sessions.session", training_session_id=row.id, school=row.school_id)


def _meta(row: TrainingSession) -> str:
    by = given_by(row, partner_names(active=False))
    return dotted(day_words_with_year(row.held_on), length(row.minutes), by, place_of(row.school_id))


def session_cells(rows: Sequence[Any]) -> list[Row]:
    """Sessions, cell by cell."""
    names, partners = topic_names(), partner_names(active=False)
    return [
        {
            "topic": Cell(names[row.topic], href=session_href(row), about=day_words_with_year(row.held_on)),
            "day": Cell(day_words_with_year(row.held_on)),
            "hours": Cell(hours_words(row.minutes)),
            "by": Cell(given_by(row, partners)),
            "school": Cell(school or _("For the whole district")),
            "people": Cell(str(people)),
        }
        for row, school, people in rows
    ]


def read_sessions(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The sessions as a file takes them."""
    school_id = school_asked(actor, arguments)
    if school_id is None and not actor.everywhere(Role.DISTRICT):
        return ListRead([], [], {}, None)
    rows = sessions_of(actor, school_id, order_of(SESSIONS, arguments), limit=limit)
    narrowed = {"school": school_id, "sort": arguments.get("sort")}
    return ListRead(
        in_parts(rows, session_cells), [], {name: value for name, value in narrowed.items() if value}, school_id
    )


SESSIONS = ListKind(
    "training_sessions", _l("Training sessions"),
    (
        Column("topic", _l("Training"), sorts=True, always=True),
        Column("day", _l("Day"), sorts=True, said=True),
        Column("hours", _l("Hours"), said=True),
        Column("by", _l("Trained by")),
        Column("school", _l("School")),
        Column("people", _l("Signed in"), sorts=True, said=True),
    ),
    Order("day", down=True), MANAGE, "training_sessions.sessions", read_sessions, roles=KEEPERS,
)  # fmt: skip


def _crumbs(school_id: int | None) -> list[tuple[Any, str]]:
    trainings = (_("Trainings"), url_for("trainings.school", school=school_id))
    return [trainings, (_("Sessions"), url_for(".sessions", school=school_id))]


def _trail(row: TrainingSession) -> list[tuple[Any, str]]:
    return [*_crumbs(row.school_id), (topic_names()[row.topic], session_href(row))]


pages = Pages("training_sessions", __name__, url_prefix="/training/sessions", trail=_trail)


def _school_or_district(actor: Actor) -> int | None:
    school_id = school_asked(actor, request.args)
    return school_id if actor.everywhere(Role.DISTRICT) else existing(school_id)


@pages.get("")
@gate(MANAGE)
def sessions() -> Page:
    """The sessions of a school, or of the district."""
    actor = current_actor()
    school_id = _school_or_district(actor)
    order, after = order_of(SESSIONS, request.args), id_in(request.args.get("after"))
    rows = sessions_of(actor, school_id, order, after)
    shown = rows[:PAGE]
    narrowed = {"school": school_id} if school_id is not None else {}
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(".sessions", **(narrowed | changes))

    return render_template(
        "training/sessions/list.html",
        table=table_of(SESSIONS, actor, session_cells(shown), order, address, narrowed, []),
        school_id=school_id,
        place=get_school(school_id) if school_id is not None else None,
        newer=address(**sort) if after else None,
        older=address(after=shown[-1][0].id, **sort) if len(rows) > PAGE else None,
    )


class SessionForm(PlainForm):
    """A session."""

    topic = choice_field(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    held_on = DateField(_l("Day"), [InputRequired(DAY)])
    hours = ShortText(_l("Hours"), [NotBlank(HOURS), check_hours], limit=8, description=_l("For example 1.5."))
    partner = choice_field(_l("Partner from the directory"), validators=[Optional()])
    provider = ShortText(_l("Or given by"), [Optional()], limit=200)

    def fit(self, record: Any) -> None:
        """Offer the topics of today and the partners of the directory."""
        self.offer(offered(today_at(None, clock.now())), partner_names())

    def offer(self, topics: Mapping[str, str], partners: Mapping[int, str]) -> None:
        """Set what is chosen from."""
        self.topic.choices = choices([("", _("Choose one")), *topics.items()])
        self.partner.choices = choices([("", _("No partner")), *((str(key), name) for key, name in partners.items())])

    def write(self, row: TrainingSession, today: date) -> None:
        """Write the answers to a session. Refused for a day too far from today, unless the session has it already."""
        if self.held_on.data != row.held_on and not today - BACK <= self.held_on.data <= today + AHEAD:
            raise Refused("held_on", _("Choose a day from three years ago to one year from now."))
        if self.partner.data and self.provider.data.strip():
            raise Refused("provider", _("Choose a partner or write a name, not both."))
        row.topic, row.held_on, row.minutes = self.topic.data, self.held_on.data, minutes_of(self.hours) or 0
        row.provider, row.partner_id = self.provider.data, id_in(self.partner.data)


@pages.route("/new", methods=["GET", "POST"])
@gate(MANAGE)
def add() -> Page:
    """Add a session of a school, or of the district."""
    school_id = _school_or_district(current_actor())
    form = SessionForm(sent_answers(SessionForm), data={"held_on": today_at(school_id, clock.now())})
    form.fit(None)
    crumbs, title, envelope = _crumbs(school_id), _("Add a training session"), BaseForm()
    return form_page(
        form,
        lambda: add_session(submitted(envelope), school_id, form),
        lambda session_id: url_for(".session", training_session_id=session_id, school=school_id),
        FRAME,
        envelope=envelope, title=title, go_words=_("Add the session"), crumbs=[*crumbs, (title, None)],
        lede=place_of(school_id), back_href=crumbs[-1][1], boxed=True,
    )  # fmt: skip


@use_case
def add_session(uow: UnitOfWork, school_id: int | None, form: SessionForm) -> int:
    """Add a session of a school, or of the district (None). Returns its id. Raises Refused, NotFound."""
    row = TrainingSession(school_id=school_id, made_at=uow.now, made_by_id=uow.actor.user_id)
    require(uow.actor, MANAGE, row)
    form.write(row, today_at(school_id, uow.now))
    uow.record(row, "training_session.added", training=names_in_both(row.topic))
    return row.id


class ChangeSessionForm(SessionForm):
    """A session that is on the list. '' as the school is the whole district."""

    school = choice_field(_l("School"))

    def fit(self, record: Any) -> None:
        """Offer also what the session has; ask for the school where the actor may choose among several."""
        row, places = record
        topics = {row.topic: topic_names()[row.topic]} | offered(today_at(row.school_id, clock.now()))
        partner = {key: name for key, name in partner_names(active=False).items() if key == row.partner_id}
        self.offer(topics, partner_names() | partner)
        self.school.choices = choices(places)
        if len(places) == 1:
            del self.school


def _with_places(actor: Actor, row: TrainingSession) -> tuple[TrainingSession, list[tuple[str, str]]]:
    """A session, and what the actor may give it to."""
    schools = schools_by_id(reached_schools(actor, *KEEPERS)).values()
    names = sorted((school.name, str(school.id)) for school in schools)
    district = [("", _("For the whole district"))] if actor.is_system or actor.everywhere(Role.DISTRICT) else []
    return row, [*district, *((key, name) for name, key in names)]


@pages.act(
    "/<int:training_session_id>/change",
    Subject(
        TrainingSession, lambda actor, number: _with_places(actor, get_session(actor, number)), row=itemgetter(0),
        seen=lambda row: _with_places(SYSTEM, row),
    ),
    ChangeSessionForm, MANAGE, endpoint="change", title=_l("Change the session"), button=_l("Save"),
    then=lambda found, _answer: session_href(found[0]), lede=lambda found: _meta(found[0]),
    trail=lambda found: _trail(found[0]),
    start=lambda found: {
        **{name: getattr(found[0], name) for name in ("topic", "held_on", "provider")},
        "hours": hours_words(found[0].minutes), "partner": str(found[0].partner_id or ""),
        "school": str(found[0].school_id or ""),
    },
    more=lambda _found, _form: {
        "facts": [_("What everyone who was there has on record changes with it. What it was stays in its history.")],
    },
)  # fmt: skip
def change_session(uow: UnitOfWork, row: TrainingSession, form: ChangeSessionForm) -> None:
    """Put a session right, and with it what everyone who was there has on record. What it was stays in its history.

    Refused for a day on which no one can have been there, and for a school at which someone who was there does not
    work.
    """
    today, day, there = today_at(row.school_id, uow.now), form.held_on.data, list(signed_in(row.id).values())
    hours = hours_words(row.minutes)
    before: dict[str, Any] = {"training": names_in_both(row.topic), "day": row.held_on.isoformat()}
    school_id = id_in(form.school.data) if form.school else row.school_id
    if there and day > today:
        raise Refused("held_on", _("People are signed in already. Choose today or an earlier day."))
    if any(record.valid_until is not None and record.valid_until < day for record in there):
        raise Refused("held_on", _("For someone who was there, this training ends before that day. Change that first."))
    if school_id != row.school_id:
        _move(uow, row, school_id, there)
    form.write(row, today)
    uow.record(row, "training_session.changed", **before, hours=hours)
    training, by = names_in_both(row.topic), _given_by(row)
    for record in there:
        record.topic, record.completed_on, record.minutes, record.provider = row.topic, row.held_on, row.minutes, by
    for record in there:
        uow.record(record, CORRECTED, training=training)


def _move(uow: UnitOfWork, row: TrainingSession, school_id: int | None, there: Iterable[TrainingRecord]) -> None:
    """Give a session to another school, or to the district (None)."""
    require(uow.actor, MANAGE, TrainingSession(school_id=school_id))
    if school_id is not None and any(record.school_id != school_id for record in there):
        raise Refused("school", _("Someone from another school is signed in. Take them off the list first."))
    before = in_both(lambda: place_of(row.school_id))
    row.school_id = school_id
    uow.record(row, "training_session.moved", place=before)


def _given_by(row: TrainingSession) -> str:
    return given_by(row, partner_names(active=False))[:200]


class SignInForm(PlainForm):
    """Who was there."""

    people = SelectMultipleField(_l("Who was there"), validators=[Optional()])
    school_id: int | None
    """The school whose people are offered: the session's, or for one of the district the school in the address."""

    def fit(self, record: TrainingSession) -> None:
        """Offer the school's people who are not signed in yet."""
        self.school_id = record.school_id or school_asked(current_actor(), request.args)
        there = signed_in(record.id)
        here = staff_of(self.school_id, today_at(record.school_id, clock.now())) if self.school_id else {}
        self.people.choices = choices([(str(key), name) for key, name in here.items() if key not in there])


def _there(row: TrainingSession, form: SignInForm) -> dict[str, Any]:
    """What the page of a session shows beside its form."""
    there = signed_in(row.id)
    names = names_of(there)
    rows = [
        (names.get(key, ""), url_for("training_records.training", training_id=record.id))
        for key, record in there.items()
    ]
    return {
        "row": row, "school_id": form.school_id, "there": sorted(rows), "is_early": _is_early(row, clock.now()),
        "entries": entry_rows(history("training_session", row.id), zone_of(row.school_id)),
        "crumbs": [*_crumbs(form.school_id), (topic_names()[row.topic], None)],
    }  # fmt: skip


def _is_early(row: TrainingSession, now: datetime) -> bool:
    return row.held_on > today_at(row.school_id, now)


@pages.act(
    "/<int:training_session_id>", Subject(TrainingSession, get_session), SignInForm, MANAGE, adds=True,
    endpoint="session", title=lambda row: topic_names()[row.topic], button=_l("Sign in those selected"), lede=_meta,
    done=_l("The sign-ins are on record."), trail=None, more=_there, template="training/sessions/session.html",
    then=lambda row, _answer: url_for(
        ".session", training_session_id=row.id, school=row.school_id or school_asked(current_actor(), request.args)
    ),
)  # fmt: skip
def sign_in(uow: UnitOfWork, row: TrainingSession, form: SignInForm) -> None:
    """Put a session on record of everyone who was ticked and is not signed in yet. Refused before its day."""
    school_id = form.school_id or 0
    require(uow.actor, MANAGE, TrainingRecord(school_id=school_id))
    if _is_early(row, uow.now):
        raise Refused("", _("This session has not taken place yet."))
    missing = sorted({int(key) for key in form.people.data} - signed_in(row.id).keys())
    if not missing:
        uow.no_audit()
        return
    by = _given_by(row)
    put_all_on_record(uow, [
        (school_id, Training(user_id, row.topic, row.held_on, row.minutes, provider=by, session_id=row.id))
        for user_id in missing
    ])  # fmt: skip
    uow.record(row, "training_session.signed_in", number=len(missing))


class TakeOffForm(PlainForm):
    """Who was not there after all, and why."""

    people = SelectMultipleField(_l("Who was not there"), validators=[InputRequired(_l("Choose who was not there."))])
    reason = LongText(_l("What was wrong?"), [NotBlank(_l("Explain what was wrong."))], limit=300)

    def fit(self, record: TrainingSession) -> None:
        """Offer the people who are signed in."""
        there = names_of(signed_in(record.id))
        self.people.choices = choices([(str(key), name) for key, name in sorted(there.items(), key=itemgetter(1))])


@pages.act(
    "/<int:training_session_id>/take-off", Subject(TrainingSession, get_session), TakeOffForm, MANAGE, adds=True,
    title=_l("Take people off the list"), button=_l("Take off"), then=session_href, lede=_meta,
    more=lambda _row, _form: {"facts": [_("This training no longer counts for them. They see your reason.")]},
)  # fmt: skip
def take_off(uow: UnitOfWork, row: TrainingSession, form: TakeOffForm) -> None:
    """Take people off a session's list who were not there. What they have on record from it is taken back."""
    there, gone = signed_in(row.id), [int(key) for key in form.people.data]
    if not set(gone) <= there.keys():
        raise Refused("people", _("Someone you chose is no longer on the list. Choose again."))
    take_all_back(uow, [there[user_id] for user_id in gone], form.reason.data)


SENTENCES: Final = {
    "training_session.added": _l("Training session added: %(training)s"),
    "training_session.changed": _l("Training session changed. Before: %(training)s, %(day)s, %(hours)s hours"),
    "training_session.moved": _l("Training session moved. Before: %(place)s"),
    "training_session.signed_in": _l("Signed in by list: %(number)s"),
    # written until revision 0138, which removed canceling and the code on the wall
    "training_session.code_drawn": _l("Code for signing in drawn"),
    "training_session.canceled": (
        _l("Training session canceled: %(because)s"),
        {"because": {"not_held": _l("It was not held, or will not be"), "in_error": _l("It was entered by mistake")}},
    ),
    "training_session.put_back": _l("Training session put back"),
}
ROOM = Room(pages=(pages,), sentences=SENTENCES, lists=(SESSIONS,))
