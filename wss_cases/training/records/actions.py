"""Putting a training on record, saying until when it counts, and taking back what was entered in error."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import insert, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import among, table_of
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.queries import staff_of
from wss_cases.training.records.rules import MOST_MINUTES, Training
from wss_cases.training.records.states import ENDS, RECORDED, TAKEN_BACK
from wss_cases.training.topics import TrainingTopic, both_names, every_topic, is_offered, names_in_both


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
    training.taken_back_at, training.taken_back_by_id = uow.now, uow.actor.user_id
    training.taken_back_reason = reason
    uow.record(training, TAKEN_BACK, training=names_in_both(training.topic))
    return training.school_id


def _refuse_taken_back(training: TrainingRecord) -> None:
    if training.taken_back_at is not None:
        raise Refused("", _("This training was already taken back."))
