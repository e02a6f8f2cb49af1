"""The daily card of check-in/check-out: set it, check in, mark period by period, check out.

Days are only audited: the case's history has the session of a day, not each tap.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import add_audited, load_live
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay, MentoringPlan
from wss_cases.pathways.mentoring.plan.queries import session_on
from wss_cases.pathways.mentoring.plan.states import (
    BEST_MARK,
    DAY_TRANSITIONS,
    MOST_EXPECTATIONS,
    MOST_PERIODS,
    DayState,
)
from wss_cases.pathways.mentoring.sessions.actions import DayAnswer, load_logged, write
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.pages import Pathway as Family

LOOK_BACK = timedelta(days=7)
"""How far back a card may be marked."""
LONGEST_LINE = 80


@use_case
def set_card(
    uow: UnitOfWork, pathway_id: int, *, expectations: Sequence[str], periods: Sequence[str], goal_percent: int
) -> int:
    """Set what a card asks and when; days that were marked keep what they asked. Raises Refused naming the field."""
    row = load_live(uow, pathway_id, None, Family.MENTORING)
    if row.kind != Kind.CHECK_IN_CHECK_OUT:
        raise NotFound
    card = uow.session.scalar(select(DailyCard).where(DailyCard.pathway_id == row.id).with_for_update())
    if card is not None and uow.version is not None and card.version != uow.version:
        raise Stale
    if card is None:
        card = DailyCard.of(row)
    card.expectations = _lines("expectations", expectations, MOST_EXPECTATIONS)
    card.periods = _lines("periods", periods, MOST_PERIODS)
    if not 1 <= goal_percent <= 100:
        raise Refused("goal_percent", _("Write a number from 1 to %(most)d.", most=100))
    card.goal_percent = goal_percent
    uow.record(card, "mentoring.card_set")
    return row.id


def _lines(field: str, lines: Sequence[str], most: int) -> list[str]:
    filled = [line for line in lines if line.strip()]
    if not 1 <= len(filled) <= most:
        raise Refused(field, _("Write 1 to %(most)d lines.", most=most))
    if any(len(line) > LONGEST_LINE for line in filled):
        raise Refused(field, _("Use at most %(max)d characters in a line.", max=LONGEST_LINE))
    if len(set(filled)) < len(filled):
        raise Refused(field, _("Two lines are the same."))
    return filled


@use_case
def check_in(uow: UnitOfWork, pathway_id: int) -> int:
    """Check a student in today; the day counts as a session held, whatever was logged for it before."""
    row = load_logged(uow, pathway_id)
    day = card_today(uow, row)
    _move_day(day, DayState.CHECKED_IN, _("Today’s check-in is already recorded."))
    note_check_in(uow, row, day)
    return day.card_id


def note_check_in(uow: UnitOfWork, row: Pathway, day: DailyCardDay) -> None:
    """Check a student in on a card's day, which then counts as a session held. The pathway is locked."""
    day.checked_in_at, day.logged_by_id = uow.now, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_in")
    logged = session_on(row.id, day.on_day)
    if logged is None or not logged.held:
        minutes = uow.session.scalar(select(MentoringPlan.minutes).where(MentoringPlan.pathway_id == row.id))
        write(uow, row, day.on_day, DayAnswer(minutes=minutes))


@use_case
def check_out(uow: UnitOfWork, pathway_id: int) -> int:
    """Check a student out today, after the check-in."""
    day = card_today(uow, load_logged(uow, pathway_id))
    _move_day(day, DayState.CHECKED_OUT, _("Check in first. Each day has one check-out."))
    day.checked_out_at, day.logged_by_id = uow.now, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_out")
    return day.card_id


@use_case
def mark(uow: UnitOfWork, pathway_id: int, on_day: date, period: str, marks: Sequence[int | None]) -> int:
    """Mark one period of a day, a mark of 0 to 2 for each expectation, None where it was not seen.

    `version` is the day's own (0 for a day that has nothing yet). Raises Stale, or Refused for a day that cannot
    be marked.
    """
    row = load_logged(uow, pathway_id)
    card = card_for(uow, row)
    check_markable(uow, row.school_id, on_day)
    if period not in card.periods or len(marks) != len(card.expectations):
        raise Refused("", _("The card has changed. Please review it again."))
    if any(one is not None and not 0 <= one <= BEST_MARK for one in marks):
        raise Refused("", _("Choose 0, 1 or 2."))
    day = day_of_card(uow, card, on_day)
    if uow.version is not None and (day.version if day.id is not None else 0) != uow.version:
        raise Stale
    other_marks = {name: row for name, row in day.marks.items() if name != period}
    if any(one is not None for one in marks):
        other_marks[period] = list(marks)
    day.marks, day.logged_by_id = other_marks, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.marked")
    return card.id


def check_markable(uow: UnitOfWork, school_id: int, on_day: date) -> None:
    """Raise Refused for a day that no card is marked for: without school, of another week, or to come."""
    today = today_at(school_id, uow.now)
    if not today - LOOK_BACK <= on_day <= today or not school_days(school_id).is_school_day(on_day):
        raise Refused("", _("Choose a school day of the last week."))


def card_for(uow: UnitOfWork, row: Pathway) -> DailyCard:
    """Return the card of a pathway. Raises NotFound while there is none."""
    return existing(uow.session.scalar(select(DailyCard).where(DailyCard.pathway_id == row.id)))


def card_today(uow: UnitOfWork, row: Pathway) -> DailyCardDay:
    """Return today's day of the card of a locked pathway. Raises Refused on a day without school."""
    today = today_at(row.school_id, uow.now)
    if not school_days(row.school_id).is_school_day(today):
        raise Refused("", _("There is no school today."))
    return day_of_card(uow, card_for(uow, row), today)


def day_of_card(uow: UnitOfWork, card: DailyCard, on_day: date) -> DailyCardDay:
    """Return one day of a card, a new one that is not yet added where nothing was marked. The pathway is locked, so
    nobody else makes this day now."""
    day = uow.session.scalar(select(DailyCardDay).where(DailyCardDay.card_id == card.id, DailyCardDay.on_day == on_day))
    return day or DailyCardDay(card_id=card.id, school_id=card.school_id, on_day=on_day, marks={})


def _move_day(day: DailyCardDay, state: DayState, refusal: str) -> None:
    if state not in DAY_TRANSITIONS[day.state]:
        raise Refused("", refusal)
