"""Follow-ups move with the calendar, as steps: off a day without school, back to it, and before the end of a year."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.followups.calendar.queries import TABLE, check_in_plan, plan_for, standing_on
from wss_cases.followups.calendar.rules import Planned, is_check_in
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.undo.actions import remind_again
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import MoveWhy, SchoolDays


def leave_day(uow: UnitOfWork, school_id: int, day: date, today: date, days: SchoolDays, label: str) -> int:
    """Move the open follow-ups of a school that are due on a date without school; returns how many."""
    statement = select(FollowUp).where(*standing_on(school_id, day)).order_by(FollowUp.id)
    due = list(uow.session.scalars(statement.with_for_update().execution_options(populate_existing=True)))
    for row in due:
        planned = plan_for(row, school_id, day, today, days)
        row.due_on = planned.due_on
        tell_move(uow, row, day, planned, label)
    return len(due)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put follow-ups back on the day that the calendar moved them off, but for what was touched since."""
    targets = {move.subject_id: move for move in moves if move.subject_type == TABLE}
    statement = select(FollowUp).where(FollowUp.id.in_(sorted(targets)), FollowUp.state == FollowUpState.OPEN)
    count = 0
    for row in uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()):
        move = targets[row.id]
        if row.due_on != move.moved_to:
            continue
        row.due_on, move.returned_at = move.day, uow.now
        uow.record(row, "followup.back", what=row.kind, due_on=move.day.isoformat())
        remind_again(uow, row)
        count += 1
    return count


def wanted_day(kind: str, school_id: int, case_id: int | None, wanted: date, today: date, subject_id: int) -> Planned:
    """Return when a new follow-up of a kind is due that is wanted for a day.

    Check-ins of one case that are all too late are spread over different days.
    """
    if not is_check_in(kind):
        return Planned(wanted)
    days, spread = school_days(school_id), subject_id + wanted.toordinal()
    return check_in_plan(case_id, school_id, wanted, today, days, of_year=today, spread=spread)


def tell_move(uow: UnitOfWork, row: FollowUp, wanted: date, planned: Planned, label: str = "") -> None:
    """Say in the history why a follow-up is due on another day than was wanted."""
    if planned.why is None:
        return
    note_move(uow, row.school_id, wanted, planned.why, label, (TABLE, row.id), planned.due_on)
    entry: dict[str, Any] = {"what": row.kind, "due_on": planned.due_on.isoformat(), "from_on": wanted.isoformat()}
    if planned.why is MoveWhy.NO_SCHOOL:
        entry["label"] = label
    uow.record(row, KIND_OF[planned.why], **entry)


KIND_OF = {
    MoveWhy.NO_SCHOOL: "followup.no_school",
    MoveWhy.YEAR_END: "followup.year_end",
    MoveWhy.NEXT_SCHOOL: "followup.next_school",
}
