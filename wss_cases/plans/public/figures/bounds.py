"""What follows from the public pages of a school for whoever also holds its board reports. Pure.

Board reports say how many removals there were up to each month, however few: totals are not hidden there. As many
students were removed at most, and from one month to the next no more for the first time than there were removals. With
a page that says how many students were, the months before can become known to a few. So a figure leaves only where each
count that may be below a cell keeps as many values as a cell has, or as many as the board reports alone leave. All of
that are differences of two numbers, so the least and the most of each are shortest paths.

Corrections change the board reports, and then a page before can contradict them, or the new one. Whoever reads them
need not believe such a figure, so a new one is held against whatever can be believed together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from typing import Final

from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT
from wss_cases.plans.public.figures.rules import Published
from wss_cases.plans.public.figures.states import PARENTS, POLICE, REMOVED

FAR: Final = 10**6
BOUND: Final = (ROOT, REMOVED, POLICE)
"""The figures that hang together with removals."""
DROPPED: Final = (REMOVED, POLICE, ROOT)
"""Which figure is kept back first: none before those that are a part of it."""
Most = list[list[int]]
"""For each two nodes the most that the second can be above the first. The last node is nobody: zero."""


@dataclass(frozen=True)
class Reports:
    """What board reports say of a school year: its first day, the students, and the removals up to each month's end."""

    first: date
    enrolled: int
    removals: Sequence[int]


def beside_reports(
    shown: Mapping[str, int], as_of: date, before: Iterable[Published], reports: Reports, cell: int
) -> dict[str, int]:
    """Return those of the figures that may be shown at a month's end, beside board reports and all pages before."""
    kept, newer = dict(shown), sorted(before, key=lambda one: one.as_of, reverse=True)
    earlier = [one for one in dict.fromkeys(newer) if one.name in BOUND]
    if not set(BOUND) & set(kept):
        return kept
    alone = _of_reports(reports)
    for name in DROPPED:
        now = [Published(one, number, as_of) for one, number in kept.items() if one in BOUND]
        if not _tells_more(reports, alone, earlier, now, cell):
            break
        kept.pop(name, None)
    return kept


def _tells_more(
    reports: Reports, alone: Most, earlier: Sequence[Published], now: Sequence[Published], cell: int
) -> bool:
    """Whether a page tells of too few whom the reports and the pages before do not tell of, whatever of these is
    believed; also where it contradicts the reports, so that nothing can be said of what it tells."""
    if not now:
        return False
    newest = _with(alone, reports, now)
    if newest is None:
        return True
    for believed, most in _believed(reports, newest, earlier):
        told = set(_told(reports, most, alone, cell))
        then = _with(alone, reports, believed) if told else None
        if told and (then is None or not told <= set(_told(reports, then, alone, cell))):
            return True
    return False


def _believed(
    reports: Reports, newest: Most, earlier: Sequence[Published]
) -> Iterator[tuple[Sequence[Published], Most]]:
    """Yield which figures of the pages before a reader may believe, and what is known with them: none; as many as do
    not contradict each other, the newer first; and beside each that is left as many as do not contradict it."""
    yield (), newest
    left = earlier
    while left:
        first, most, believed = left[0], newest, list[Published]()
        for one in dict.fromkeys((first, *earlier)):
            if (more := _with(most, reports, [one])) is not None:
                most, believed = more, [*believed, one]
        if first in believed:
            yield believed, most
        left = [one for one in left[1:] if one not in believed]


def _of_reports(reports: Reports) -> Most:
    months, nobody = len(reports.removals), len(BOUND) * len(reports.removals)
    most = [[0 if one == other else FAR for other in range(nobody + 1)] for one in range(nobody + 1)]

    def above(first: int, second: int, limit: int) -> None:
        most[first][second] = min(most[first][second], limit)

    for (place, name), month in product(enumerate(BOUND), range(months)):
        here = place * months + month
        above(here, nobody, 0)
        if PARENTS[name] == ENROLLED:
            above(nobody, here, reports.enrolled)
        else:
            above(BOUND.index(PARENTS[name]) * months + month, here, 0)
        if month:
            above(here, here - 1, 0)
    for month, removals in enumerate(reports.removals):
        here = BOUND.index(REMOVED) * months + month
        above(nobody, here, removals)
        if month:
            above(here - 1, here, removals - reports.removals[month - 1])
    return _shortest(most)


def _with(most: Most, reports: Reports, figures: Iterable[Published]) -> Most | None:
    """Return what is known with some figures, too; None where they contradict each other or what is known."""
    months, nobody = len(reports.removals), len(most) - 1
    for one in figures:
        here = BOUND.index(one.name) * months + _month_of(reports, one.as_of)
        most_here, most_nobody, number = most[here], most[nobody], one.number
        if most_nobody[here] < number or most_here[nobody] < -number:
            return None
        most = [
            [
                min(known, row[nobody] + number + up, row[here] - number + down)
                for known, up, down in zip(row, most_here, most_nobody, strict=True)
            ]
            for row in most
        ]
    return most


def _month_of(reports: Reports, day: date) -> int:
    return (day.year - reports.first.year) * 12 + day.month - reports.first.month


def _shortest(most: Most) -> Most:
    for through, onward in enumerate(most):
        for row in most:
            if (so_far := row[through]) < FAR:
                row[:] = [min(one, so_far + more) for one, more in zip(row, onward, strict=True)]
    return most


def _told(reports: Reports, most: Most, alone: Most, cell: int) -> Iterator[tuple[int, ...]]:
    """Yield each count that may be below a cell and of which too few values are left, and each two months between which
    it is known that those not removed changed by fewer."""
    for larger, smaller in _counts(len(reports.removals)):
        left = most[smaller][larger] + most[larger][smaller] + 1
        of_reports = alone[smaller][larger] + alone[larger][smaller] + 1
        if left < cell and left < of_reports and -most[larger][smaller] < cell:
            yield larger, smaller
    months, nobody = len(reports.removals), len(most) - 1
    for place, name in enumerate(BOUND):
        if PARENTS[name] == ENROLLED:
            continue
        parent = BOUND.index(PARENTS[name])
        pairs = [(parent * months + month, place * months + month) for month in range(months)]
        known = [pair for pair in pairs if all(most[nobody][one] == -most[one][nobody] for one in pair)]
        others = {pair: most[nobody][pair[0]] - most[nobody][pair[1]] for pair in known}
        yield from ((*one, *two) for one, two in combinations(known, 2) if abs(others[one] - others[two]) < cell)


def _counts(months: int) -> Iterator[tuple[int, int]]:
    """Yield each count of students as two nodes: a figure, what is new in it, and who of its parent is not in it."""
    nobody = len(BOUND) * months
    for place, name in enumerate(BOUND):
        here = range(place * months, (place + 1) * months)
        yield from ((node, nobody) for node in here)
        yield from ((later, earlier) for earlier, later in combinations(here, 2))
        if PARENTS[name] != ENROLLED:
            parent = BOUND.index(PARENTS[name]) * months
            yield from ((parent + late, here[early]) for early in range(months) for late in range(early, months))
