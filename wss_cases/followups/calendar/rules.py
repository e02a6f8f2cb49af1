"""Where the calendar moves a due date: off a day without school, and a check-in to before the end of its year."""

from dataclasses import dataclass
from datetime import date

from wss_cases.followups.core.states import CHECK_INS
from wss_cases.foundation.clock import school_year
from wss_cases.roster.directory.rules import MoveWhy, SchoolDays

LAST_DAYS = 5
"""School days at the end of a year over which late check-ins are spread."""


@dataclass(frozen=True)
class Planned:
    """The day something is due, and why it is not the one that was wanted (None: it is)."""

    due_on: date
    why: MoveWhy | None = None


def is_check_in(kind: str) -> bool:
    """Whether a follow-up of this kind must be done before the student leaves for the summer."""
    return kind in CHECK_INS


def planned_off(wanted: date, today: date, days: SchoolDays) -> Planned:
    """Return the wanted day where there is school, else the next school day from today on."""
    due = days.on_or_after(max(wanted, today))
    return Planned(due, None if due == wanted else MoveWhy.NO_SCHOOL)


def planned_check_in(
    wanted: date, today: date, days: SchoolDays, *, of_year: date, spread: int, next_school: SchoolDays | None
) -> Planned:
    """Return when a check-in is due that is wanted for a day, in the school year of a date.

    After the last school day it goes to one of the last five that are still to come, the same for the same `spread`;
    or, where its students go to another school, to that school's days. Where the year's calendar is not known, or no
    day of it is left, it stays with the next school day.
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
    """Return the last school day of this school year where a check-in wanted by hand lies after it and one is left."""
    last = days.last_of_year(school_year(today))
    return last if last is not None and wanted > last >= today else None
