"""Sessions of training: add one, sign people in by a list, or let them sign in by the code on the wall."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select

from wss_cases.access.actor import STAFF, SYSTEM
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Overreach, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.training.records.actions import put_on_record
from wss_cases.training.records.models import TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.records.queries import partner_names, staff_of
from wss_cases.training.records.rules import MOST_MINUTES, Training
from wss_cases.training.sessions.queries import guesses, session_of_code, signed_in
from wss_cases.training.sessions.rules import GUESS_WINDOW, GUESSES, new_code
from wss_cases.training.topics.queries import names_in_both, offered


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
    row = TrainingSession(school_id=school_id, code="", made_at=uow.now, made_by_id=uow.actor.user_id, **vars(planned))
    require(uow.actor, Permission.TRAINING_MANAGE, row)
    if planned.topic not in offered(today_at(school_id, uow.now)):
        raise Refused("topic", _("Choose the training."))
    if not 0 < planned.minutes <= MOST_MINUTES:
        raise Refused("hours", _("Enter the hours as a number above 0, at most 200."))
    if planned.partner_id is not None and planned.provider.strip():
        raise Refused("provider", _("Choose a partner or write a name, not both."))
    if planned.partner_id is not None and planned.partner_id not in partner_names():
        raise Refused("partner", _("Choose a partner from the list."))
    uow.record(row, "training_session.added", training=names_in_both(planned.topic))
    return row.id


@use_case
def draw_code(uow: UnitOfWork, session_id: int) -> int:
    """Give a session the code that stands on the wall; one that has a code keeps it. Returns its id."""
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    if row.held_on < today_at(row.school_id, uow.now):
        raise Refused("", _("This session is over. Sign people in by the list."))
    if not row.code:
        row.code = new_code()
        uow.record(row, "training_session.code_drawn")
    else:
        uow.no_audit()
    return row.id


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
    for user_id in missing:
        put_on_record(uow, school_id, _training(row, user_id))
    if missing:
        uow.record(row, "training_session.signed_in", number=len(missing))
    else:
        uow.no_audit()
    return row.id


def _refuse_early(row: TrainingSession, now: datetime) -> None:
    if row.held_on > today_at(row.school_id, now):
        raise Refused("", _("This session has not taken place yet."))


def _training(row: TrainingSession, user_id: int) -> Training:
    given_by = row.provider or partner_names(active=False).get(row.partner_id or 0, "")
    return Training(user_id, row.topic, row.held_on, minutes=row.minutes, provider=given_by[:200], session_id=row.id)


def sign_in_by_code(call: Invocation, typed: str) -> int:
    """Sign the acting person in to the session whose code they typed. Returns the id of what is on record.

    Raises Refused for a wrong code, and after too many of them, for whatever code.
    """
    assert call.actor.user_id is not None
    if guesses(call.actor.user_id, call.now) >= GUESSES:
        raise Refused("code", _("Too many wrong codes. Try again in 15 minutes, or ask to be signed in by the list."))
    session = session_of_code(call.actor, typed, call.now)
    if session is None:
        with unit_of_work(SYSTEM, call.now) as uow:
            uow.session.execute(delete(TrainingGuess).where(TrainingGuess.at <= call.now - GUESS_WINDOW))
            uow.session.add(TrainingGuess(user_id=call.actor.user_id, at=call.now))
            uow.no_audit()
        raise Refused("code", _("No training today has this code. Check it and type it again."))
    return _sign_self_in(call, session.id)


@use_case
def _sign_self_in(uow: UnitOfWork, session_id: int) -> int:
    row = uow.session.get_one(TrainingSession, session_id, with_for_update=True, populate_existing=True)
    assert uow.actor.user_id is not None
    mine = select(TrainingRecord).where(
        TrainingRecord.session_id == row.id, TrainingRecord.user_id == uow.actor.user_id
    )
    known = uow.session.scalars(mine.order_by(TrainingRecord.id.desc())).first()
    if known is not None and known.taken_back_at is None:
        uow.no_audit()
        return known.id
    if known is not None:
        raise Refused("code", _("Your sign-in to this training was taken back. Ask the person who leads it."))
    school_id = row.school_id if row.school_id is not None else min(uow.actor.school_ids(*STAFF))
    return put_on_record(uow, school_id, _training(row, uow.actor.user_id)).id
