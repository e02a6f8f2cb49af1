"""Changing one cell of a card: the points of a goal in a period, arrived, left. Others may change other cells
meanwhile.

Each change says what the cell showed, so that a newer value from someone else is never overwritten unseen.
"""

from dataclasses import dataclass
from datetime import date

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.card import card_for, card_today, check_markable, day_of_card, note_check_in
from wss_cases.pathways.mentoring.plan.models import BEST_MARK, Came, DailyCardDay, DayState, Missed
from wss_cases.pathways.mentoring.plan.queries import plan_of, session_on
from wss_cases.pathways.mentoring.sessions import DayAnswer, load_logged, take_back_missed, write


@dataclass(frozen=True)
class Cell:
    """The points of a goal (from 0) in a period; None: no points. `seen`: what the cell showed before."""

    period: str
    goal: int
    points: int | None
    seen: int | None


@use_case
def mark_cell(uow: UnitOfWork, pathway_id: int, on_day: date, cell: Cell) -> int:
    """Mark a cell, as the student's mentor or as the case team; see `write_cell`. Returns the pathway's id."""
    row = load_logged(uow, pathway_id)
    check_markable(uow, row.school_id, on_day)
    write_cell(uow, row, on_day, cell)
    return row.id


def write_cell(uow: UnitOfWork, row: Pathway, on_day: date, cell: Cell) -> None:
    """Write points into a cell of a day; other cells stay. The pathway is locked.

    Raises Refused for a cell that the card does not have, and when someone changed the cell since it was shown.
    """
    card = card_for(uow, row)
    if cell.period not in card.periods or not 0 <= cell.goal < len(card.expectations):
        raise Refused("", _("The card has changed. Please review it again."))
    if cell.points is not None and not 0 <= cell.points <= BEST_MARK:
        raise Refused("", _("Choose 0, 1 or 2."))
    day = day_of_card(uow, card, on_day)
    marks = marks_in(day, cell.period, len(card.expectations))
    if marks[cell.goal] == cell.points:
        uow.no_audit()
        return
    if marks[cell.goal] != cell.seen:
        raise Refused("", _("Someone else just marked this. Check it, then mark it again if needed."))
    marks[cell.goal] = cell.points
    others = {name: points for name, points in day.marks.items() if name != cell.period}
    day.marks = {**others, cell.period: marks} if any(mark is not None for mark in marks) else others
    day.logged_by_id = uow.actor.user_id
    add_audited(uow, day, "daily_card_day.marked")


def marks_in(day: DailyCardDay | None, period: str, goals: int) -> list[int | None]:
    """The points of each goal in a period of a day; None where nothing is marked."""
    marks = list(day.marks.get(period) or []) if day is not None else []
    return [marks[number] if number < len(marks) else None for number in range(goals)]


@use_case
def note_arrival(uow: UnitOfWork, pathway_id: int, came: Came | None) -> int:
    """Record that a student was checked in today, or was absent; None undoes it. Returns the pathway's id.

    Raises Refused once the student is checked out.
    """
    row = load_logged(uow, pathway_id)
    day = card_today(uow, row)
    if came is Came.HERE and day.state is DayState.NOT_BEGUN:
        note_check_in(uow, row, day)
    elif came is not Came.HERE:
        _take_back(uow, day)
        if came is Came.ABSENT:
            write(uow, row, day.on_day, DayAnswer(missed=Missed.STUDENT_ABSENT))
        else:
            _unlog(uow, row, day.on_day)
    else:
        uow.no_audit()
    return row.id


def _take_back(uow: UnitOfWork, day: DailyCardDay) -> None:
    if day.state is DayState.CHECKED_OUT:
        raise Refused("", _("This student is checked out. Take back the check-out first."))
    if day.state is DayState.CHECKED_IN:
        day.checked_in_at, day.logged_by_id = None, uow.actor.user_id
        add_audited(uow, day, "daily_card_day.check_in_taken_back")


def _unlog(uow: UnitOfWork, row: Pathway, on_day: date) -> None:
    """Delete the session that today's check-in or absence logged. A log with a note was made by hand and stays."""
    session = session_on(row.id, on_day)
    if session is None:
        uow.no_audit()
        return
    if session.note:
        raise Refused("", _("This day is logged with a note. Correct it on the student’s own page."))
    uow.session.delete(session)
    uow.session.flush()
    uow.record(plan_of(row.id), "mentoring.taken_back", day=on_day.isoformat())
    take_back_missed(uow, row)


@use_case
def note_departure(uow: UnitOfWork, pathway_id: int, left: bool) -> int:
    """Check a student out today, or undo that. Returns the pathway's id. Raises Refused before the check-in."""
    row = load_logged(uow, pathway_id)
    day = card_today(uow, row)
    if day.state is DayState.NOT_BEGUN and left:
        raise Refused("", _("Check this student in first."))
    if (day.state is DayState.CHECKED_OUT) == left:
        uow.no_audit()
        return row.id
    day.checked_out_at, day.logged_by_id = uow.now if left else None, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_out" if left else "daily_card_day.check_out_taken_back")
    return row.id
