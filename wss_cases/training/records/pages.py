"""Putting a training on record, saying until when it counts, and taking back what was entered in error."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import insert, select
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional, StopValidation

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import among, by_id, table_of
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.changes import changes_of
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.records import queries
from wss_cases.training.records.queries import (
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
    """Return the minutes of all trainings that were not taken back."""
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


class RecordForm(BaseForm):
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


class EndForm(BaseForm):
    """Until when a training counts."""

    valid_until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])


class TakeBackForm(BaseForm):
    """Why a training on record was an error."""

    reason = LongText(_l("What was wrong?"), [NotBlank(_l("Explain what was wrong."))], limit=300)


@use_case
def record_training(
    uow: UnitOfWork,
    school_id: int,
    *,
    user_id: int,
    topic: str,
    provider: str,
    completed_on: date,
    valid_until: date | None,
    minutes: int | None = None,
    certificate: str = "",
) -> int:
    """Put a training on record. Returns its id. Raises Refused for somebody elsewhere, for days that cannot be."""
    training = Training(
        user_id, topic, completed_on, minutes=minutes, provider=provider, certificate=certificate,
        valid_until=valid_until,
    )  # fmt: skip
    require(uow.actor, Permission.TRAINING_MANAGE, TrainingRecord(school_id=school_id))
    if user_id not in staff_of(school_id, today_at(school_id, uow.now)):
        raise Refused("user", _("Choose someone from this school."))
    return put_on_record(uow, school_id, training)


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


@use_case
def end_training(uow: UnitOfWork, training_id: int, valid_until: date) -> int:
    """Say until when a training counts. Returns the school's id. Raises Refused, NotFound."""
    training = uow.load(TrainingRecord, training_id, Permission.TRAINING_MANAGE)
    _refuse_taken_back(training)
    if valid_until < training.completed_on:
        raise Refused("valid_until", _("Choose a day after the training."))
    training.valid_until = valid_until
    uow.record(training, ENDS, training=names_in_both(training.topic))
    return training.school_id


@use_case
def take_back(uow: UnitOfWork, training_id: int, reason: str) -> int:
    """Take back a training that was entered in error: it stays on record with the reason, and counts no more.

    Returns the school's id. Raises Refused without a reason and a second time, NotFound.
    """
    training = uow.load(TrainingRecord, training_id, Permission.TRAINING_MANAGE)
    _refuse_taken_back(training)
    refuse_blank("reason", reason, _("Explain what was wrong."))
    take_all_back(uow, [training], reason)
    return training.school_id


def take_all_back(uow: UnitOfWork, trainings: Sequence[TrainingRecord], reason: str) -> None:
    """Step: take back trainings that are on record, all of one session or none. The session's history says how many."""
    for training in trainings:
        training.taken_back_at, training.taken_back_by_id = uow.now, uow.actor.user_id
        training.taken_back_reason = reason
        uow.record(training, TAKEN_BACK, training=names_in_both(training.topic))
    if trainings[0].session_id is not None:
        session = uow.session.get_one(TrainingSession, trainings[0].session_id)
        uow.record(session, TAKEN_OFF, number=len(trainings))


def _refuse_taken_back(training: TrainingRecord) -> None:
    if training.taken_back_at is not None:
        raise Refused("", _("This training was already taken back."))


def state_of(row: TrainingRecord, today: date) -> tuple[str, str]:
    """Return whether a training counts, in words, and the tone of its tag."""
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


blueprint = Blueprint("training_records", __name__, url_prefix="/training/records")


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def record() -> Page:
    """Put a training on record; a district actor who chose no school is asked for one first."""
    school_id = school_asked(current_actor(), request.args)
    if school_id is None:
        return redirect(url_for("trainings.schools"))
    today = today_at(school_id, clock.now())
    form = RecordForm()
    people = [(str(key), name) for key, name in staff_of(school_id, today).items()]
    form.user.choices = choices([("", _("Choose a person")), *people])
    form.topic.choices = choices([("", _("Choose one")), *offered(today).items()])
    words = {"title": _("Record a training"), "go_words": _("Save the training"), "school_id": school_id}
    return act_form(
        form,
        lambda call: record_training(
            call,
            school_id,
            user_id=id_in(form.user.data) or 0,
            topic=form.topic.data,
            provider=form.provider.data or "",
            completed_on=form.completed_on.data,
            valid_until=form.valid_until.data,
            minutes=minutes_of(form.hours),
            certificate=form.certificate.data or "",
        ),
        with_flash(_("The training is on record."), url_for("trainings.school", school=school_id)),
        words,
        "training/records/act.html",
    )


@blueprint.get("/<int:training_id>")
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


@blueprint.route("/<int:training_id>/valid-until", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def end(training_id: int) -> Page:
    """Say until when a training counts."""
    row = get_record(current_actor(), training_id)
    form = EndForm(valid_until=row.valid_until)
    words = {"title": _("Valid until"), "go_words": _("Save the day"), **_facts(row)}
    done = url_for(".training", training_id=row.id)
    return act_form(
        form,
        lambda call: end_training(call, row.id, form.valid_until.data),
        done,
        words | {"back_href": done},
        "training/records/act.html",
    )


@blueprint.route("/<int:training_id>/take-back", methods=["GET", "POST"], endpoint="take_back")
@gate(Permission.TRAINING_MANAGE)
def take_back_page(training_id: int) -> Page:
    """Take back a training that was entered in error; it stays on record."""
    row = get_record(current_actor(), training_id)
    form = TakeBackForm()
    words = {"title": _("Take back this training"), "go_words": _("Take it back"), **_facts(row)}
    words["fact"] = _("It stays on record with your reason and no longer counts.")
    done = url_for(".training", training_id=row.id)
    return act_form(
        form,
        lambda call: take_back(call, row.id, form.reason.data or ""),
        done,
        words | {"back_href": done},
        "training/records/act.html",
    )


ROOM = Room(
    pages=(blueprint,),
    sentences=queries.SENTENCES,
    loaders={"training_record": by_id(queries.TrainingRecord), "training_session": by_id(queries.TrainingSession)},
)
