"""Follow-ups move with the school calendar: off a day without school, back to it, and before the end of a year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import FollowUpRow, known_to, listing, rows
from wss_cases.followups.core.states import CHECK_INS
from wss_cases.followups.undo import remind_again
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.calendar.days import Shift, note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.queries import next_schools, school_days
from wss_cases.roster.directory.rules import MoveWhy, SchoolDays

LAST_DAYS = 5
"""The last school days of a year, over which late check-ins are spread."""


@dataclass(frozen=True)
class Planned:
    """The due date of a follow-up, and why it differs from the wanted day (None: it does not)."""

    due_on: date
    why: MoveWhy | None = None


def is_check_in(kind: str) -> bool:
    """Whether a follow-up of this kind must be done before the student leaves for the summer."""
    return kind in CHECK_INS


def planned_off(wanted: date, today: date, days: SchoolDays) -> Planned:
    """The wanted day if there is school and it is not past; otherwise the next school day."""
    due = days.on_or_after(max(wanted, today))
    return Planned(due, None if due == wanted else MoveWhy.NO_SCHOOL)


def planned_check_in(
    wanted: date, today: date, days: SchoolDays, *, of_year: date, spread: int, next_school: SchoolDays | None
) -> Planned:
    """The due date of a check-in, in the school year of `of_year`.

    After the last school day it moves to one of the last five that are still to come, the same for the same `spread`.
    If its students go to another school, it moves to that school's days. If the year's calendar is unknown, or no day
    of it is left, it is due on the next school day.
    """
    off = planned_off(wanted, today, days)
    last = days.last_of_year(school_year(of_year))
    if last is None or off.due_on <= last:
        return off
    if next_school is not None:
        return Planned(next_school.on_or_after(off.due_on), MoveWhy.NEXT_SCHOOL)
    left = [day for number in range(LAST_DAYS) if (day := days.add(last, -number) if number else last) > today]
    return Planned(left[spread % len(left)], MoveWhy.YEAR_END) if left else off


def too_late(wanted: date, today: date, days: SchoolDays) -> date | None:
    """The last school day of this year, when a day wanted for a check-in is later and the year is not over;
    else None.
    """
    last = days.last_of_year(school_year(today))
    return last if last is not None and wanted > last >= today else None


TABLE = FollowUp.__tablename__
CONCERNED = (PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.INVOLVED)


class Calendars:
    """Each school's own date and days at an instant, read once each."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._known: dict[int, tuple[date, SchoolDays]] = {}

    def of(self, school_id: int) -> tuple[date, SchoolDays]:
        if school_id not in self._known:
            self._known[school_id] = (today_at(school_id, self._now), school_days(school_id))
        return self._known[school_id]


def standing_on(school_id: int, day: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a school's open follow-ups that are due on a date."""
    return (FollowUp.school_id == school_id, FollowUp.state == FollowUpState.OPEN, FollowUp.due_on == day)


def leaving(actor: Actor, school_id: int, day: date, today: date, days: SchoolDays) -> list[Shift]:
    """The moves of follow-ups due on a date, if these were the school's days; only those the actor may know of."""
    due = rows(listing().where(*standing_on(school_id, day), known_to(actor)).order_by(FollowUp.id))
    return [_shift(row, day, plan_for(row, school_id, day, today, days)) for row in due]


def _shift(row: FollowUpRow, day: date, planned: Planned) -> Shift:
    assert planned.why is not None
    return Shift(row.title, row.reference, row.owner, day, planned.due_on, planned.why)


def plan_for(row: Any, school_id: int, day: date, today: date, days: SchoolDays) -> Planned:
    """The new due date of a follow-up whose date has no school. `row`: a `FollowUp` or a `FollowUpRow`."""
    if not is_check_in(row.kind):
        return planned_off(day, today, days)
    return check_in_plan(row.case_id, school_id, day, today, days, of_year=day, spread=row.id)


def check_in_plan(
    case_id: int | None, school_id: int, wanted: date, today: date, days: SchoolDays, *, of_year: date, spread: int
) -> Planned:
    """The due date of a check-in of a case or an incident, from the wanted day."""
    last = days.last_of_year(school_year(of_year))
    elsewhere = next_school(case_id, school_id, last) if last is not None and wanted > last else None
    return planned_check_in(
        wanted, today, days, of_year=of_year, spread=spread,
        next_school=school_days(elsewhere) if elsewhere is not None else None,
    )  # fmt: skip


def last_day_for(
    kind: str, case_id: int | None, school_id: int, wanted: date, today: date, days: SchoolDays
) -> date | None:
    """The last school day of the year, for a check-in wanted after it that goes to no other school; else None."""
    last = too_late(wanted, today, days) if is_check_in(kind) else None
    return last if last is not None and next_school(case_id, school_id, last) is None else None


def next_school(case_id: int | None, school_id: int, last: date) -> int | None:
    """The school to which all students of a case go after a last school day; None when one stays."""
    if case_id is None:
        return None
    statement = select(CaseParticipant.student_id).where(
        CaseParticipant.case_id == case_id, CaseParticipant.role.in_(CONCERNED), CaseParticipant.student_id.is_not(None)
    )
    students = {number for number in db.session.scalars(statement) if number is not None}
    going = next_schools(students, last)
    schools = {going.get(number, school_id) for number in students}
    return schools.pop() if len(schools) == 1 and school_id not in schools else None


def returning(moves: Iterable[CalendarMove]) -> dict[int, FollowUpRow]:
    """Follow-ups, by id, that the calendar moved and no one has moved or closed since."""
    targets = {move.subject_id: move.moved_to for move in moves if move.subject_type == TABLE}
    still_open = listing().where(FollowUp.id.in_(sorted(targets)), FollowUp.state == FollowUpState.OPEN)
    moved = rows(still_open.order_by(FollowUp.id)) if targets else []
    return {row.id: row for row in moved if row.due_on == targets[row.id]}


def lines_of(actor: Actor, ids: Iterable[int]) -> dict[int, FollowUpRow]:
    """Follow-ups as lines of a list, by id; only those the actor may know of."""
    return {row.id: row for row in rows(listing().where(FollowUp.id.in_(sorted(ids)), known_to(actor)))}


def leave_day(uow: UnitOfWork, school_id: int, day: date, today: date, days: SchoolDays, label: str) -> int:
    """Move a school's open follow-ups that are due on a date without school. Returns how many."""
    statement = select(FollowUp).where(*standing_on(school_id, day)).order_by(FollowUp.id)
    due = list(uow.session.scalars(statement.with_for_update().execution_options(populate_existing=True)))
    for row in due:
        planned = plan_for(row, school_id, day, today, days)
        row.due_on = planned.due_on
        tell_move(uow, row, day, planned, label)
    return len(due)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put follow-ups back on the day off which the calendar moved them, unless they changed since. Returns how many."""
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
    """The due date of a new follow-up of a kind, from the wanted day.

    Check-ins of a case that are all too late are spread over different days.
    """
    if not is_check_in(kind):
        return Planned(wanted)
    days, spread = school_days(school_id), subject_id + wanted.toordinal()
    return check_in_plan(case_id, school_id, wanted, today, days, of_year=today, spread=spread)


def tell_move(uow: UnitOfWork, row: FollowUp, wanted: date, planned: Planned, label: str = "") -> None:
    """Record in the history why a follow-up is due on another day than wanted."""
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
