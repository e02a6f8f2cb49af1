"""Putting a training on record, saying until when it counts, and taking back what was entered in error."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import render_template, request, url_for
from sqlalchemy import insert, select
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional, StopValidation

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import among, by_id, table_of
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import PICK, LongText, NotBlank, PlainForm, ShortText, choices
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records import models
from wss_cases.training.records.models import (
    ENDS,
    RECORDED,
    TAKEN_BACK,
    TAKEN_OFF,
    TrainingRecord,
    TrainingSession,
    get_record,
    names_of,
    school_asked,
    staff_of,
)
from wss_cases.training.topics import (
    TrainingTopic,
    both_names,
    every_topic,
    is_offered,
    names_in_both,
    offered,
    topic_names,
)

MOST_MINUTES: Final = 200 * 60
"""A training is at most 200 hours long."""


@dataclass(frozen=True)
class Training:
    """What goes on record of one person; `minutes` None: nobody said how long it took."""

    user_id: int
    topic: str
    completed_on: date
    minutes: int | None = None
    provider: str = ""
    certificate: str = ""
    valid_until: date | None = None
    session_id: int | None = None


def in_force(training: Any, day: date) -> bool:
    """Whether a training was completed by a day, was not taken back, and has not run out on it."""
    return (
        training.taken_back_at is None
        and training.completed_on <= day
        and (training.valid_until is None or training.valid_until >= day)
    )


def hours_words(minutes: int | None) -> str:
    """Return minutes as hours, as a page and a file write them: 90 is 1.5; '' where nobody said."""
    return "" if minutes is None else f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def minutes_in(typed: str) -> int:
    """Return the minutes of typed hours: 90 for 1.5 or 1,5. Raises ValueError for what is no number of hours."""
    text = typed.strip().replace(",", ".")
    digits = text.replace(".", "", 1)
    if not digits.isascii() or not digits.isdigit() or len(text) > 8:
        raise ValueError(typed)
    minutes = round(float(text) * 60)
    if not 0 < minutes <= MOST_MINUTES:
        raise ValueError(typed)
    return minutes


def total_minutes(records: Iterable[Any]) -> int:
    return sum(row.minutes or 0 for row in records if row.taken_back_at is None)


DAY = _l("Choose a day.")
HOURS = _l("Enter the hours as a number above 0, at most 200.")


def check_hours(_form: Any, field: Any) -> None:
    """Stop with a message at what is no number of hours."""
    try:
        minutes_in(field.data or "")
    except ValueError as error:
        raise StopValidation(HOURS) from error


def minutes_of(field: Any) -> int | None:
    """Return the minutes of a sound field of hours; None where it is blank."""
    return minutes_in(field.data) if (field.data or "").strip() else None


def lock_accounts(uow: UnitOfWork, user_ids: Collection[int]) -> None:
    """Step: lock these people's accounts, so that of two acts that record the same training of a person the second
    finds what the first wrote."""
    people = select(UserAccount.id).where(among(UserAccount.id, sorted(set(user_ids))))
    uow.session.execute(people.order_by(UserAccount.id).with_for_update())


def put_on_record(uow: UnitOfWork, school_id: int, training: Training) -> int:
    """Step: put a training on record at a school; the caller has checked who may, and whose it is. Returns its id."""
    [number] = put_all_on_record(uow, [(school_id, training)])
    return number


def put_all_on_record(uow: UnitOfWork, trainings: Sequence[tuple[int, Training]]) -> list[int]:
    """Step: put trainings on record, each at a school, in as many statements for a hundred as for one; the caller has
    checked who may, and whose they are. Returns their ids."""
    topics = {row.code: row for row in every_topic()}
    rows = []
    for school_id, training in trainings:
        _check(training, topics.get(training.topic), today_at(school_id, uow.now))
        values = vars(training) | {"topic": str(training.topic), "school_id": school_id}
        rows.append(values | {"recorded_at": uow.now, "recorded_by_id": uow.actor.user_id, "taken_back_reason": ""})
    table = table_of(TrainingRecord)
    columns = (table.c.id, table.c.user_id, table.c.topic, table.c.completed_on)
    # by the table and not by its class, which on SQLite would write one row after the other
    found = uow.session.execute(insert(table).returning(*columns), rows)
    numbers = {(row[1], row[2], row[3]): row[0] for row in found}
    acts = [
        Act(
            TrainingRecord.__tablename__,
            numbers[one["user_id"], one["topic"], one["completed_on"]],
            case_id=None,
            school_id=one["school_id"],
            data={"training": both_names(topics[one["topic"]])},
            changes=changes_of(TrainingRecord(**one)),
        )
        for one in rows
    ]
    uow.record_each(RECORDED, acts)
    return [act.subject_id for act in acts]


def _check(training: Training, topic: TrainingTopic | None, today: date) -> None:
    if topic is None or not any(is_offered(topic, day) for day in (training.completed_on, today)):
        raise Refused("topic", _("Choose the training."))
    if training.completed_on > today:
        raise Refused("completed_on", _("Choose today or an earlier day."))
    if training.minutes is not None and not 0 < training.minutes <= MOST_MINUTES:
        raise Refused("hours", _("Enter the hours as a number above 0, at most 200."))
    if training.valid_until is not None and training.valid_until < training.completed_on:
        raise Refused("valid_until", _("Choose a day after the training."))


def take_all_back(uow: UnitOfWork, trainings: Sequence[TrainingRecord], reason: str) -> None:
    """Step: take back trainings that are on record, all of one session or none. The session's history says how many."""
    for training in trainings:
        training.taken_back_at, training.taken_back_by_id = uow.now, uow.actor.user_id
        training.taken_back_reason = reason
        uow.record(training, TAKEN_BACK, training=names_in_both(training.topic))
    if trainings[0].session_id is not None:
        session = uow.session.get_one(TrainingSession, trainings[0].session_id)
        uow.record(session, TAKEN_OFF, number=len(trainings))


def state_of(row: TrainingRecord, today: date) -> tuple[str, str]:
    if row.taken_back_at is not None:
        return _("Taken back"), "slate"
    return (_("In force"), "moss") if in_force(row, today) else (_("Expired"), "brick")


def validity(row: TrainingRecord, today: date) -> str:
    """Return until when a training counts."""
    if row.valid_until is None:
        return _("does not expire")
    day = day_words_with_year(row.valid_until)
    return _("expired on %(day)s", day=day) if row.valid_until < today else _("valid until %(day)s", day=day)


def length(minutes: int | None) -> str:
    """Return how long a training took; '' where nobody said."""
    return _("%(hours)s hours", hours=hours_words(minutes)) if minutes is not None else ""


def row_of(row: TrainingRecord, names: Mapping[str, str], today: date, href: str | None = None) -> dict[str, Any]:
    """Return a training as a line of a list: its topic by `names`, what is known of it, whether it counts."""
    tag, tone = state_of(row, today)
    completed = _("completed %(day)s", day=day_words_with_year(row.completed_on))
    return {
        "href": href,
        "title": names.get(row.topic, row.topic),
        "meta": dotted(completed, length(row.minutes), row.provider, row.certificate, validity(row, today)),
        "tag": tag,
        "tone": tone,
        "reason": row.taken_back_reason,
    }


def _school_trail(school: School | None) -> list[tuple[Any, str]]:
    if school is None:
        return [(_("Trainings"), url_for("trainings.schools"))]
    return [(_("Trainings"), url_for("trainings.school", school=school.id))]


def _trail(row: Any) -> list[tuple[Any, str]]:
    above = [(_("Trainings"), url_for("trainings.school", school=row.school_id))]
    return [*above, (topic_names().get(row.topic, row.topic), _href(row))]


pages = Pages("training_records", __name__, url_prefix="/training/records", trail=_trail)
MANAGE = Permission.TRAINING_MANAGE


class RecordForm(PlainForm):
    """A training of one member of staff."""

    user = SelectField(_l("Who was trained"), validators=[InputRequired(_l("Choose someone from this school."))])
    topic = SelectField(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    completed_on = DateField(_l("Completed on"), validators=[InputRequired(DAY)])
    hours = ShortText(_l("Hours"), [Optional(), check_hours], limit=8, description=_l("For example 1.5."))
    provider = ShortText(_l("Trained by"), [Optional()], limit=200)
    certificate = ShortText(_l("Certificate"), [Optional()], limit=120, description=_l("Its number or name."))
    valid_until = DateField(
        _l("Valid until"), validators=[Optional()], description=_l("Leave it blank if it does not expire.")
    )

    def fit(self, school: School | None) -> None:
        """Offer the school's people, and the topics of today."""
        today = today_at(school.id if school else None, clock.now())
        people = staff_of(school.id, today).items() if school else ()
        self.user.choices = choices([("", _("Choose a person")), *((str(key), name) for key, name in people)])
        self.topic.choices = choices([PICK, *offered(today).items()])


@pages.act(
    "/new", Subject(School, lambda actor: get_school(school_asked(actor, request.args) or 0)), RecordForm, MANAGE,
    adds=True, endpoint="record", title=_l("Record a training"), button=_l("Save the training"), trail=_school_trail,
    then=lambda school, _id: url_for("trainings.school", school=school.id), done=_l("The training is on record."),
)  # fmt: skip
def record_training(uow: UnitOfWork, school: School, form: RecordForm) -> int:
    """Put a training on record."""
    training = Training(
        id_in(form.user.data) or 0, form.topic.data, form.completed_on.data, minutes=minutes_of(form.hours),
        provider=form.provider.data, certificate=form.certificate.data, valid_until=form.valid_until.data,
    )  # fmt: skip
    return put_on_record(uow, school.id, training)


@pages.get("/<int:training_id>")
@gate(Permission.TRAINING_MANAGE)
def training(training_id: int) -> Page:
    """One training on record, who entered and changed it, and the ways to correct it."""
    row = get_record(current_actor(), training_id)
    return render_template(
        "training/records/record.html",
        row=row,
        **_facts(row),
        entries=entry_rows(history("training_record", row.id), zone_of(row.school_id)),
    )


def _facts(row: TrainingRecord) -> dict[str, Any]:
    shown = row_of(row, topic_names(), today_at(row.school_id, clock.now()))
    return {"shown": shown, "name": names_of([row.user_id]).get(row.user_id, ""), "school_id": row.school_id}


def _who_and_what(row: TrainingRecord) -> str:
    facts = _facts(row)
    return dotted(facts["name"], facts["shown"]["title"], facts["shown"]["meta"])


def _href(row: TrainingRecord, _id: int = 0) -> str:
    return url_for("training_records.training", training_id=row.id)


class EndForm(PlainForm):
    """Until when a training counts."""

    valid_until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])


@pages.act(
    "/<int:training_id>/valid-until", TrainingRecord, EndForm, MANAGE, endpoint="end",
    title=_l("Valid until"), button=_l("Save the day"), then=_href, start=lambda row: {"valid_until": row.valid_until},
    more=lambda row, _form: {"facts": [_who_and_what(row)]},
)  # fmt: skip
def end_training(uow: UnitOfWork, training: TrainingRecord, form: EndForm) -> None:
    """Say until when a training counts."""
    _refuse_taken_back(training)
    if form.valid_until.data < training.completed_on:
        raise Refused("valid_until", _("Choose a day after the training."))
    training.valid_until = form.valid_until.data
    uow.record(training, ENDS, training=names_in_both(training.topic))


class TakeBackForm(PlainForm):
    """Why a training on record was an error."""

    reason = LongText(_l("What was wrong?"), [NotBlank(_l("Explain what was wrong."))], limit=300)


@pages.act(
    "/<int:training_id>/take-back", TrainingRecord, TakeBackForm, MANAGE,
    title=_l("Take back this training"), button=_l("Take it back"), then=_href,
    more=lambda row, _form: {
        "facts": [_who_and_what(row), _("It stays on record with your reason and no longer counts.")]
    },
)  # fmt: skip
def take_back(uow: UnitOfWork, training: TrainingRecord, form: TakeBackForm) -> None:
    """Take back a training that was entered in error. It stays on record with the reason and no longer counts."""
    _refuse_taken_back(training)
    take_all_back(uow, [training], form.reason.data)


def _refuse_taken_back(training: TrainingRecord) -> None:
    if training.taken_back_at is not None:
        raise Refused("", _("This training was already taken back."))


ROOM = Room(
    pages=(pages,),
    sentences=models.SENTENCES,
    loaders={"training_record": by_id(models.TrainingRecord), "training_session": by_id(models.TrainingSession)},
)
