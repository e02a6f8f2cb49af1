"""Review dates of cases move with the calendar, in the unit of work that changes it."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from wss_cases.cases.case.models import OPEN, Case
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import MoveWhy

CASE = Case.__tablename__


def leave_day(uow: UnitOfWork, school_id: int, day: date, to_day: date, label: str) -> int:
    """Move the reviews of a school's open cases off a date without school; returns how many."""
    statement = select(Case).where(Case.school_id == school_id, Case.next_review_on == day, Case.state.in_(OPEN))
    cases = list(uow.session.scalars(statement.order_by(Case.id).with_for_update()))
    for case in cases:
        case.next_review_on = to_day
        note_move(uow, school_id, day, MoveWhy.NO_SCHOOL, label, (CASE, case.id), to_day)
        uow.record(case, "case.review_no_school", on=to_day.isoformat(), day=day.isoformat(), label=label)
    return len(cases)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put reviews back on the day from which the calendar moved them, unless someone changed them since."""
    targets = {move.subject_id: move for move in moves if move.subject_type == CASE}
    statement = select(Case).where(Case.id.in_(sorted(targets)), Case.state.in_(OPEN))
    count = 0
    for case in uow.session.scalars(statement.order_by(Case.id).with_for_update()):
        move = targets[case.id]
        if case.next_review_on == move.moved_to:
            case.next_review_on, move.returned_at = move.day, uow.now
            uow.record(case, "case.review_back", on=move.day.isoformat())
            count += 1
    return count
