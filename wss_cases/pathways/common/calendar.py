"""Next steps of pathways move with the calendar, in the unit of work of whoever changes it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import MoveWhy

PATHWAY = Pathway.__tablename__


def leave_day(uow: UnitOfWork, school_id: int, day: date, to_day: date, label: str, but: Collection[int]) -> int:
    """Move the next steps of a school's live pathways off a date without school; returns how many.

    `but`: pathways whose next step is a meeting, which people move.
    """
    statement = select(Pathway).where(
        Pathway.school_id == school_id,
        Pathway.next_step_on == day,
        Pathway.state.in_(LIVE),
        Pathway.id.not_in(sorted(but)),
    )
    rows = list(uow.session.scalars(statement.order_by(Pathway.id).with_for_update()))
    for row in rows:
        row.next_step_on = to_day
        note_move(uow, school_id, day, MoveWhy.NO_SCHOOL, label, (PATHWAY, row.id), to_day)
        entry: dict[str, Any] = {"what": row.kind, "on": to_day.isoformat(), "day": day.isoformat(), "label": label}
        uow.record(row, "pathway.no_school", **entry)
    return len(rows)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put next steps back on the day from which the calendar moved them, unless somebody changed them since."""
    targets = {move.subject_id: move for move in moves if move.subject_type == PATHWAY}
    statement = select(Pathway).where(Pathway.id.in_(sorted(targets)), Pathway.state.in_(LIVE))
    count = 0
    for row in uow.session.scalars(statement.order_by(Pathway.id).with_for_update()):
        move = targets[row.id]
        if row.next_step_on == move.moved_to:
            row.next_step_on, move.returned_at = move.day, uow.now
            uow.record(row, "pathway.back", what=row.kind, on=move.day.isoformat())
            count += 1
    return count
