"""Windows of school days attended after an incident: which are over, and in which another incident came. Pure."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from wss_cases.outcomes.counting.scope.rules import Share
from wss_cases.outcomes.counting.scope.small_shares import FEWEST, Piece, shown_share
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.rules import Span, dates_of

LENGTHS: Final = (30, 60, 90)
"""School days attended that a window lasts."""
FirstLast = tuple[date, date | None]


@dataclass(frozen=True)
class Repeat:
    """Windows of one length: finished, not finished, and of the finished ones those with another incident; None where
    that would tell of too few."""

    length: int
    finished: int
    unfinished: int
    share: Share | None


Outcomes = Mapping[tuple[str, int, str | None, int, bool | None], int]
"""How many windows, by month, length, network, school and what came of them (None: not over)."""


def repeats_by_month(windows: Outcomes) -> list[list[Any]]:
    """Return [month, length, finished, not finished, with another incident], all up to that month, months in their
    order; the last is None where it would tell of too few, so that what is stored of windows tells of no fewer."""
    rows, by_month = _by_network(windows), []
    for month in sorted({row[0] for row in rows}):
        so_far = [row for row in rows if row[0] <= month]
        by_month += [[month, length, *_told([row for row in so_far if row[1] == length])] for length in LENGTHS]
    return by_month


def repeats_until(rows: Sequence[Sequence[Any]], last: str) -> list[Repeat]:
    """Return the windows of each length up to a month, from rows of `repeats_by_month`."""
    repeats = {length: Repeat(length, 0, 0, None) for length in LENGTHS}
    for month, length, finished, unfinished, part in rows:
        if month <= last:
            share = None if part is None else Share(part, finished)
            repeats[length] = Repeat(length, finished, unfinished, share)
    return list(repeats.values())


def _by_network(windows: Outcomes) -> list[list[Any]]:
    """Return [month, length, network, finished, with another incident, not finished, small], months in their order:
    `small` are those finished so far at schools that have fewer than FEWEST so far."""
    rows = []
    lines = sorted(windows.items(), key=lambda line: (line[0][1], line[0][2] or "", line[0][0]))
    for (length, network), of_network in groupby(lines, lambda line: line[0][1:3]):
        so_far: Counter[int] = Counter()
        for month, of_month in groupby(of_network, lambda line: line[0][0]):
            numbers: Counter[bool | None] = Counter()
            for (*_where, school_id, came), number in of_month:
                numbers[came] += number
                so_far[school_id] += number if came is not None else 0
            small = sum(number for number in so_far.values() if number < FEWEST)
            over, again = numbers[True] + numbers[False], numbers[True]
            rows.append([month, length, network, over, again, numbers[None], small])
    return rows


def _told(rows: Sequence[Sequence[Any]]) -> tuple[int, int, int | None]:
    pieces = []
    for network in dict.fromkeys(row[2] for row in rows):
        here = [row for row in rows if row[2] == network]
        pieces.append(Piece(network, sum(row[3] for row in here), sum(row[4] for row in here), here[-1][6]))
    share = shown_share(pieces)
    return sum(row[3] for row in rows), sum(row[5] for row in rows), share.part if share else None


def attended(
    school_days: Sequence[date], enrolled: Collection[FirstLast], removed: Collection[Span], calendar: SchoolDays
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
    repeated: list[bool | None] = []
    for length in LENGTHS:
        last = begins + length - 1
        over = last < len(there)
        repeated.append((following is not None and following <= there[last]) if over else None)
    return repeated
