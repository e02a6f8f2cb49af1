"""Training sessions: adding and correcting a session, signing people in, and taking them off its list."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Overreach, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.training.records.models import CORRECTED, TrainingRecord, TrainingSession, partner_names, staff_of
from wss_cases.training.records.pages import MOST_MINUTES, Training, hours_words, put_all_on_record
from wss_cases.training.sessions.queries import place_of, signed_in
from wss_cases.training.topics import both_names, every_topic, names_in_both, offered

AHEAD: Final = timedelta(days=366)
BACK: Final = timedelta(days=3 * 366)
"""How far from today a session can be."""


@dataclass(frozen=True)
class Planned:
    """What a session is: its topic, day, length, and who gives it, a partner of the directory or somebody named."""

    topic: str
    held_on: date
    minutes: int
    provider: str = ""
    partner_id: int | None = None


@use_case
def add_session(uow: UnitOfWork, school_id: int | None, planned: Planned) -> int:
    """Add a session of a school, or of the district (None). Returns its id. Raises Refused, NotFound."""
    row = TrainingSession(school_id=school_id, made_at=uow.now, made_by_id=uow.actor.user_id, **vars(planned))
    require(uow.actor, Permission.TRAINING_MANAGE, row)
    _check(planned, today_at(school_id, uow.now))
    uow.record(row, "training_session.added", training=names_in_both(planned.topic))
    return row.id


def _check(planned: Planned, today: date, before: Planned | None = None) -> None:
    """Raise Refused, naming the field, for what no session can be; what it had `before` it may keep."""
    if planned.topic not in {*offered(today), *([before.topic] if before else [])}:
        raise Refused("topic", _("Choose the training."))
    stays = before is not None and planned.held_on == before.held_on
    if not stays and not today - BACK <= planned.held_on <= today + AHEAD:
        raise Refused("held_on", _("Choose a day from three years ago to one year from now."))
    if not 0 < planned.minutes <= MOST_MINUTES:
        raise Refused("hours", _("Enter the hours as a number above 0, at most 200."))
    if planned.partner_id is not None and planned.provider.strip():
        raise Refused("provider", _("Choose a partner or write a name, not both."))
    if planned.partner_id not in (None, before.partner_id if before else None, *partner_names()):
        raise Refused("partner", _("Choose a partner from the list."))


@use_case
def change_session(uow: UnitOfWork, session_id: int, school_id: int | None, planned: Planned) -> int:
    """Put a session right, and with it what everyone who was there has on record. What it was stays in its history.

    Returns its id. Raises NotFound, Stale; Refused as adding does, for a day on which no one can have been there, and
    for a school at which someone who was there does not work.
    """
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE, uow.version)
    today, before = today_at(row.school_id, uow.now), planned_of(row)
    _check(planned, today, before)
    there = list(signed_in(row.id).values())
    if there and planned.held_on > today:
        raise Refused("held_on", _("People are signed in already. Choose today or an earlier day."))
    if any(one.valid_until is not None and one.valid_until < planned.held_on for one in there):
        raise Refused("held_on", _("For someone who was there, this training ends before that day. Change that first."))
    if school_id != row.school_id:
        _move(uow, row, school_id, there)
    for name, value in vars(planned).items():
        setattr(row, name, value)
    topics, given_by = {one.code: one for one in every_topic()}, _given_by(row)
    uow.record(
        row, "training_session.changed", training=both_names(topics[before.topic]), day=before.held_on.isoformat(),
        hours=hours_words(before.minutes),
    )  # fmt: skip
    for one in there:
        one.topic, one.completed_on, one.minutes, one.provider = row.topic, row.held_on, row.minutes, given_by
    for one in there:
        uow.record(one, CORRECTED, training=both_names(topics[row.topic]))
    return row.id


def _move(uow: UnitOfWork, row: TrainingSession, school_id: int | None, there: Iterable[TrainingRecord]) -> None:
    """Give a session to another school, or to the district (None)."""
    require(uow.actor, Permission.TRAINING_MANAGE, TrainingSession(school_id=school_id))
    if school_id is not None and any(record.school_id != school_id for record in there):
        raise Refused("school", _("Someone from another school is signed in. Take them off the list first."))
    before = in_both(lambda: place_of(row.school_id))
    row.school_id = school_id
    uow.record(row, "training_session.moved", place=before)


def planned_of(row: TrainingSession) -> Planned:
    """Return what a session is."""
    return Planned(row.topic, row.held_on, row.minutes, row.provider, row.partner_id)


@use_case
def sign_in(uow: UnitOfWork, session_id: int, school_id: int, user_ids: Collection[int]) -> int:
    """Put a session on record of everyone who was ticked and is not signed in yet. Returns the session's id.

    Raises Refused before its day, Overreach for somebody who does not work at the school, NotFound.
    """
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    require(uow.actor, Permission.TRAINING_MANAGE, TrainingRecord(school_id=school_id))
    _refuse_early(row, uow.now)
    here = staff_of(school_id, today_at(school_id, uow.now))
    if row.school_id not in (None, school_id) or not set(user_ids) <= here.keys():
        raise Overreach("people", _("Choose people who work at this school."))
    missing = sorted(set(user_ids) - signed_in(row.id).keys())
    if missing:
        given_by = _given_by(row)
        put_all_on_record(uow, [(school_id, _training(row, user_id, given_by)) for user_id in missing])
        uow.record(row, "training_session.signed_in", number=len(missing))
    else:
        uow.no_audit()
    return row.id


def _refuse_early(row: TrainingSession, now: datetime) -> None:
    if row.held_on > today_at(row.school_id, now):
        raise Refused("", _("This session has not taken place yet."))


def _given_by(row: TrainingSession) -> str:
    return (row.provider or partner_names(active=False).get(row.partner_id or 0, ""))[:200]


def _training(row: TrainingSession, user_id: int, given_by: str) -> Training:
    return Training(user_id, row.topic, row.held_on, minutes=row.minutes, provider=given_by, session_id=row.id)
