"""Windows of school days attended after an incident: which are over, and in which another incident came. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from wss_cases.outcomes.rules import Share
from wss_cases.outcomes.rules_answers import FEWEST
from wss_cases.roster.rules import SchoolDays
from wss_cases.safeguards.rules_discipline import Span, dates_of

LENGTHS: Final = (30, 60, 90)
"""School days attended that a window lasts."""
FirstLast = tuple[date, date | None]


@dataclass(frozen=True)
class Repeat:
    """Windows of one length: finished, of these the ones with another incident, and not finished."""

    length: int
    finished: int
    repeated: int
    unfinished: int

    @property
    def share(self) -> Share | None:
        """Those with another incident of the finished ones; None where those are too few to tell of."""
        return Share(self.repeated, self.finished) if self.finished >= FEWEST else None


def attended(
    school_days: Sequence[date],
    enrolled: Collection[FirstLast],
    removed: Collection[Span],
    calendar: SchoolDays,
) -> Sequence[date]:
    """Return the school days, in their order, on which a student was enrolled and not removed."""
    spans = [school_days[slice(*_places(school_days, first, last))] for first, last in enrolled]
    if len(spans) == 1 and not removed:
        return spans[0]
    away = {day for span in removed for day in dates_of(span, calendar)}
    return sorted({day for span in spans for day in span} - away)


def _places(days: Sequence[date], first: date, last: date | None) -> tuple[int, int]:
    return bisect_left(days, first), len(days) if last is None else bisect_right(days, last)


def repeated_within(happened: date, incidents: Sequence[date], there: Sequence[date]) -> list[bool | None]:
    """Return for each of LENGTHS whether another incident came in the window after a day, None where it is not over.

    `incidents` are the student's incidents in their order, `there` the days attended that are over. A window lasts to
    the end of its last day attended; what came on the day itself does not count as later.
    """
    begins, later = bisect_right(there, happened), bisect_right(incidents, happened)
    following = incidents[later] if later < len(incidents) else None
    found: list[bool | None] = []
    for length in LENGTHS:
        last = begins + length - 1
        over = last < len(there)
        found.append((following is not None and following <= there[last]) if over else None)
    return found
