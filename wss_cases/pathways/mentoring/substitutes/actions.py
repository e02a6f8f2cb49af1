"""Codes for substitutes: made by the school, given in person, good for one period of one day; marking with one."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete

from wss_cases.access.actor import SYSTEM
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.mentoring.own_period.actions import lock_taught, write_in_period
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.periods.queries import PeriodsOfDay
from wss_cases.pathways.mentoring.substitutes.models import PeriodCode, PeriodGuess
from wss_cases.pathways.mentoring.substitutes.queries import classes_of, code_typed, guesses
from wss_cases.pathways.mentoring.substitutes.rules import (
    DAYS_AHEAD,
    GUESS_WINDOW,
    MOST_IN_AN_HOUR,
    CodeState,
    hour_of,
    new_code,
    state_of,
    throttled,
)
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days


@dataclass(frozen=True)
class Made:
    """A code that was just made; its letters are shown this once and are stored nowhere."""

    code_id: int
    letters: str


@dataclass(frozen=True)
class Answer:
    """One answer that a substitute gives: of which teacher's row, which goal, the points, and what stood there."""

    row_id: int
    goal: int
    points: int | None
    seen: int | None


def make_code(call: Invocation, school_id: int, teacher_id: int, period: str, on_day: date) -> Made | None:
    """Make a code for one teacher's period of one day; None for a form that was sent twice.

    Raises NotFound for who may not, Refused for a period nobody is asked about in, a day without school or too far
    ahead, and a period that is over.
    """
    with unit_of_work(call.actor, call.now, call.request_key) as uow:
        if uow.answered:
            return None
        require(uow.actor, Permission.MENTOR_MANAGE, PeriodCode(school_id=school_id))
        school = existing(uow.session.get(School, school_id))
        if not any((one.teacher_id, one.period) == (teacher_id, period) for one in classes_of(school_id)):
            raise Refused("period", _("Choose the period."))
        today = today_at(school_id, uow.now)
        if not today <= on_day <= today + DAYS_AHEAD or not school_days(school_id).is_school_day(on_day):
            raise Refused("on_day", _("Choose a school day within the next two weeks."))
        hours = PeriodsOfDay(school, on_day).hours(period)
        if hours.ends <= uow.now:
            raise Refused("on_day", _("This period is over today. Choose another day."))
        letters = new_code()
        row = PeriodCode(school_id=school_id, teacher_id=teacher_id, period=period, on_day=on_day)
        row.digest, row.starts_at, row.ends_at = token_digest(letters), hours.starts, hours.ends
        row.made_at, row.made_by_id = uow.now, uow.actor.user_id or 0
        uow.record(row, "period_code.made", day=on_day.isoformat())
        uow.answer = row.id
        return Made(row.id, letters)


@use_case
def revoke_code(uow: UnitOfWork, code_id: int) -> int:
    """Take a code back: it opens nothing any more. Revoking it again does nothing."""
    row = uow.load(PeriodCode, code_id, Permission.MENTOR_MANAGE)
    if row.revoked_at is None:
        row.revoked_at = uow.now
        uow.record(row, "period_code.revoked")
    return row.id


def open_code(typed: str, address: str, now: datetime) -> PeriodCode | None:
    """Return the code that was typed while it is good, also before its period starts; None after too many wrong ones.

    Raises NotFound for one that was guessed, that is over, or was revoked: they look alike.
    """
    code = code_typed(typed)
    if code is not None and state_of(code, now, today_at(code.school_id, now)) is not CodeState.OVER:
        return code
    if throttled(*guesses(address, now)):
        return None
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(delete(PeriodGuess).where(PeriodGuess.at <= now - GUESS_WINDOW))
        uow.session.add(PeriodGuess(address=address[:64], at=now))
        uow.no_audit()
    raise NotFound


def takes_another(code_id: int, now: datetime) -> bool:
    """Count an answer that is sent with a code, refused or not; False once there were too many in its hour."""
    with unit_of_work(SYSTEM, now) as uow:
        code = existing(uow.session.get(PeriodCode, code_id, with_for_update=True, populate_existing=True))
        began = hour_of(code.hour_began, now)
        code.marked = 1 if began != code.hour_began else code.marked + 1
        code.hour_began = began
        uow.no_audit()
        return code.marked <= MOST_IN_AN_HOUR


def mark_with_code(code_id: int, answer: Answer, now: datetime) -> None:
    """Mark one goal with a code. Raises NotFound once it is over or for another period's row, Refused before its start
    and where somebody marked it meanwhile."""
    with unit_of_work(SYSTEM, now) as uow:
        pathway = lock_taught(uow, answer.row_id)
        code = existing(uow.session.get(PeriodCode, code_id, populate_existing=True))
        row = existing(uow.session.get(PeriodTeacher, answer.row_id, populate_existing=True))
        mine = (row.school_id, row.user_id, row.period) == (code.school_id, code.teacher_id, code.period)
        if not mine or state_of(code, now, today_at(code.school_id, now)) is CodeState.OVER:
            raise NotFound
        write_in_period(uow, pathway, row, answer.goal, answer.points, answer.seen)
        uow.audit("period_code.marked", "period_code", code.id, {"period_teacher": [None, row.id]})
