"""Training sessions of a school or the district: the list, and one session with who was there."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from flask import render_template, request, url_for
from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import act_form, current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, choice_field, choices
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in, numbers_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, today_at, zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.queries import get_school, reached_schools, schools_by_id
from wss_cases.training.records.models import KEEPERS, TrainingSession, names_of, partner_names, school_asked, staff_of
from wss_cases.training.records.pages import DAY, HOURS, check_hours, hours_words, length, minutes_of, take_all_back
from wss_cases.training.sessions import actions, queries
from wss_cases.training.sessions.actions import Planned
from wss_cases.training.sessions.queries import PAGE, Held, get_session, place_of, sessions_of, signed_in
from wss_cases.training.topics import offered, topic_names


class SessionForm(BaseForm):
    """A session."""

    topic = choice_field(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    held_on = DateField(_l("Day"), [InputRequired(DAY)])
    hours = ShortText(_l("Hours"), [NotBlank(HOURS), check_hours], limit=8, description=_l("For example 1.5."))
    partner = choice_field(_l("Partner from the directory"), validators=[Optional()])
    provider = ShortText(_l("Or given by"), [Optional()], limit=200)

    @property
    def planned(self) -> Planned:
        """What the sound form says."""
        assert self.held_on.data is not None
        minutes, partner_id = minutes_of(self.hours) or 0, id_in(self.partner.data)
        return Planned(self.topic.data, self.held_on.data, minutes, self.provider.data or "", partner_id)


class ChangeSessionForm(SessionForm):
    """A session that is on the list. '' as the school is the whole district."""

    school = choice_field(_l("School"))


class SignInForm(BaseForm):
    """Who was there."""

    people = SelectMultipleField(_l("Who was there"), validators=[Optional()])

    def user_ids(self) -> list[int]:
        """The ids of the people that were ticked."""
        return _ids(self.people)


class TakeOffForm(PlainForm):
    """Who was not there after all, and why."""

    people = SelectMultipleField(_l("Who was not there"), validators=[InputRequired(_l("Choose who was not there."))])
    reason = LongText(_l("What was wrong?"), [NotBlank(_l("Explain what was wrong."))], limit=300)

    def fit(self, record: Any) -> None:
        """Offer the people who are signed in."""
        there = names_of(signed_in(record.id))
        self.people.choices = choices([(str(key), name) for key, name in sorted(there.items(), key=itemgetter(1))])

    def user_ids(self) -> list[int]:
        """The ids of the people that were ticked."""
        return _ids(self.people)


def _ids(people: SelectMultipleField) -> list[int]:
    ticked: list[Any] = people.data or []
    return numbers_in(ticked, most=len(ticked) or 1)


def new_form(today: date) -> SessionForm:
    """The form of a new session, of today at first."""
    form = SessionForm(held_on=today)
    _offer(form, offered(today), partner_names())
    return form


def change_form(actor: Actor, today: date, row: TrainingSession) -> ChangeSessionForm:
    """The form of a session on the list. It asks for the school where the actor may choose among several."""
    stored = {name: getattr(row, name) for name in ("version", "topic", "held_on", "provider")}
    form = ChangeSessionForm(
        **stored, hours=hours_words(row.minutes), partner=str(row.partner_id or ""), school=str(row.school_id or "")
    )
    partner = {key: name for key, name in partner_names(active=False).items() if key == row.partner_id}
    _offer(form, {row.topic: topic_names()[row.topic]} | offered(today), partner_names() | partner)
    places = _places(actor)
    form.school.choices = choices(places)
    if len(places) == 1:
        del form.school
    return form


def _offer(form: SessionForm, topics: Mapping[str, str], partners: Mapping[int, str]) -> None:
    form.topic.choices = choices([("", _("Choose one")), *topics.items()])
    form.partner.choices = choices([("", _("No partner")), *((str(key), name) for key, name in partners.items())])


def _places(actor: Actor) -> list[tuple[str, str]]:
    schools = schools_by_id(reached_schools(actor, *KEEPERS)).values()
    names = sorted((school.name, str(school.id)) for school in schools)
    district = [("", _("For the whole district"))] if actor.everywhere(Role.DISTRICT) else []
    return [*district, *((key, name) for name, key in names)]


def session_href(row: TrainingSession) -> str:
    """Address of a session's page."""
    return url_for("training_sessions.session", training_session_id=row.id, school=row.school_id)


def given_by(row: TrainingSession, partners: Mapping[int, str]) -> str:
    """Return who gives a session: whom it names, or the partner of the directory."""
    return row.provider or partners.get(row.partner_id or 0, "")


def meta_of(row: TrainingSession) -> str:
    """Return when a session is, how long, by whom, and for which school."""
    by = given_by(row, partner_names(active=False))
    return dotted(day_words_with_year(row.held_on), length(row.minutes), by, place_of(row.school_id))


def session_cells(rows: Sequence[Held]) -> list[Row]:
    """Return sessions cell by cell."""
    names, partners = topic_names(), partner_names(active=False)
    return [
        {
            "topic": Cell(names[one.row.topic], href=session_href(one.row), about=day_words_with_year(one.row.held_on)),
            "day": Cell(day_words_with_year(one.row.held_on)),
            "hours": Cell(hours_words(one.row.minutes)),
            "by": Cell(given_by(one.row, partners)),
            "school": Cell(one.school or _("For the whole district")),
            "people": Cell(str(one.people)),
        }
        for one in rows
    ]


def read_sessions(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the sessions as a file takes them."""
    school_id = school_asked(actor, arguments)
    if school_id is None and not actor.everywhere(Role.DISTRICT):
        return ListRead([], [], {}, None)
    rows = sessions_of(actor, school_id, order_of(SESSIONS, arguments), limit=limit)
    asked = {"school": school_id, "sort": arguments.get("sort")}
    return ListRead(
        in_parts(rows, session_cells), [], {name: value for name, value in asked.items() if value}, school_id
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
    Order("day", down=True), Permission.TRAINING_MANAGE, "training_sessions.sessions", read_sessions, roles=KEEPERS,
)  # fmt: skip


blueprint = Pages("training_sessions", __name__, url_prefix="/training/sessions")
LISTS = (SESSIONS,)


@blueprint.get("")
@gate(Permission.TRAINING_MANAGE)
def sessions() -> Page:
    """The sessions of a school, or of the district."""
    actor = current_actor()
    school_id = _school_or_district(actor)
    order, after = order_of(SESSIONS, request.args), id_in(request.args.get("after"))
    found = sessions_of(actor, school_id, order, after)
    shown = found[:PAGE]
    asked = {"school": school_id} if school_id is not None else {}
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(".sessions", **(asked | changes))

    return render_template(
        "training/sessions/list.html",
        table=table_of(SESSIONS, actor, session_cells(shown), order, address, asked, []),
        school_id=school_id,
        place=get_school(school_id) if school_id is not None else None,
        newer=address(**sort) if after else None,
        older=address(after=shown[-1].row.id, **sort) if len(found) > PAGE else None,
    )


def _school_or_district(actor: Actor) -> int | None:
    school_id = school_asked(actor, request.args)
    return school_id if actor.everywhere(Role.DISTRICT) else existing(school_id)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def add() -> Page:
    """Add a session."""
    school_id = _school_or_district(current_actor())
    form = new_form(today_at(school_id, clock.now()))
    title = _("Add a training session")
    words: dict[str, Any] = {"title": title, "go_words": _("Add the session")}
    words["crumbs"] = _crumbs(school_id, (title, None))
    words["lede"] = place_of(school_id)
    words["back_href"] = url_for(".sessions", school=school_id)
    return act_form(
        form,
        lambda call: actions.add_session(call, school_id, form.planned),
        lambda session_id: url_for(".session", training_session_id=session_id, school=school_id),
        words,
        "training/sessions/act.html",
    )


def _crumbs(school_id: int | None, *more: tuple[Any, str | None]) -> list[tuple[Any, str | None]]:
    trainings = (_("Trainings"), url_for("trainings.school", school=school_id))
    return [trainings, (_("Sessions"), url_for(".sessions", school=school_id)), *more]


@blueprint.route("/<int:training_session_id>/change", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def change(training_session_id: int) -> Page:
    """Put a session right; what it was stays in its history."""
    actor = current_actor()
    row = get_session(actor, training_session_id)
    form, here = change_form(actor, today_at(row.school_id, clock.now()), row), _shown(row)
    back, title = session_href(row), _("Change the session")
    words: dict[str, Any] = {"title": title, "go_words": _("Save"), "back_href": back, "lede": here["meta"]}
    words["crumbs"] = _crumbs(row.school_id, (here["title"], back), (title, None))
    words["fact"] = _("What everyone who was there has on record changes with it. What it was stays in its history.")

    def act(call: Invocation) -> int:
        school_id = id_in(form.school.data) if form.school else row.school_id
        return actions.change_session(call, row.id, school_id, form.planned)

    return act_form(form, act, back, words, "training/sessions/act.html")


@blueprint.route("/<int:training_session_id>", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def session(training_session_id: int) -> Page:
    """One session: who was there, and the list of the school's staff to tick."""
    actor = current_actor()
    row = get_session(actor, training_session_id)
    school_id = row.school_id if row.school_id is not None else school_asked(actor, request.args)
    today = today_at(row.school_id, clock.now())
    there = signed_in(row.id)
    staff = staff_of(school_id, today) if school_id is not None else {}
    form = SignInForm()
    form.people.choices = choices([(str(key), name) for key, name in staff.items() if key not in there])
    return form_page(
        form,
        lambda: actions.sign_in(submitted(form), row.id, school_id or 0, form.user_ids()),
        with_flash(_("The sign-ins are on record."), url_for(".session", training_session_id=row.id, school=school_id)),
        "training/sessions/session.html",
        row=row,
        **_shown(row),
        school_id=school_id,
        there=_there(there),
        entries=entry_rows(history("training_session", row.id), zone_of(row.school_id)),
        is_early=row.held_on > today,
    )


def _there(there: dict[int, Any]) -> list[tuple[str, str]]:
    names = names_of(there)
    rows = [
        (names.get(key, ""), url_for("training_records.training", training_id=one.id)) for key, one in there.items()
    ]
    return sorted(rows)


def _shown(row: TrainingSession) -> dict[str, str]:
    return {"title": topic_names()[row.topic], "meta": meta_of(row)}


@blueprint.act(
    "/<int:training_session_id>/take-off", Subject(TrainingSession, get_session), TakeOffForm,
    Permission.TRAINING_MANAGE, adds=True, title=_l("Take people off the list"), button=_l("Take off"),
    then=lambda row, _answer: session_href(row), lede=lambda row: _shown(row)["meta"],
    trail=lambda row: [*_crumbs(row.school_id), (topic_names()[row.topic], session_href(row))],
    more=lambda _row, _form: {"facts": [_("This training no longer counts for them. They see your reason.")]},
)  # fmt: skip
def take_off(uow: UnitOfWork, row: TrainingSession, form: TakeOffForm) -> None:
    """Take people off a session's list who were not there. What they have on record from it is taken back."""
    there = signed_in(row.id)
    if not set(form.user_ids()) <= there.keys():
        raise Refused("people", _("Someone you chose is no longer on the list. Choose again."))
    take_all_back(uow, [there[user_id] for user_id in form.user_ids()], form.reason.data)


ROOM = Room(pages=(blueprint,), sentences=queries.SENTENCES, lists=LISTS)
