"""The attack: whoever kept every public page of a school for a year, and what they can work out of hidden counts.

The reader knows the school's enrollment, that no figure is larger than the one it is a part of, and, while nothing was
corrected, that none shrinks. All of that are differences of two numbers, so the least and the most that any difference
can be are shortest paths, exact in whole numbers.

The reader may also hold the district's pages and the board reports of every month. Those say how many removals there
were, however few: a hidden count must then keep as many values as with the board reports alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tests.plans.public.districts import MONTHS, Pages, YearOfSchool
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.plans.public.figures.states import PARENTS, REMOVED

FEWEST = 10
FAR = 10**6
NAMES = list(PARENTS)
ORIGIN = len(NAMES) * MONTHS


@dataclass
class Found:
    """Hidden counts that were found out, and how much was looked at."""

    known: list[str] = field(default_factory=list)
    shown: int = 0
    small: int = 0


def place(name: str, month: int) -> int:
    """Return the node of a figure in a month."""
    return NAMES.index(name) * MONTHS + month


def attack(school: YearOfSchool, pages: Pages, found: Found) -> None:
    """Note every count below FEWEST of which fewer than FEWEST values are left, by the pages alone and with the board
    reports beside them."""
    bare = _most(school, Pages(), with_reports=True)
    _look(school, pages, _most(school, pages, with_reports=False), None, found)
    _look(school, pages, _most(school, pages, with_reports=True), bare, found)


def _look(school: YearOfSchool, pages: Pages, most: np.ndarray, bare: np.ndarray | None, found: Found) -> None:
    truth = np.array([school.months[m][name] for name in NAMES for m in range(MONTHS)] + [0])
    found.shown += len(pages.shown)
    for words, larger, smaller in _counts():
        count = int(truth[larger] - truth[smaller])
        if not 0 <= count < FEWEST:
            continue
        found.small += 1
        values = most[smaller, larger] + most[larger, smaller] + 1
        if values < FEWEST and (bare is None or values < bare[smaller, larger] + bare[larger, smaller] + 1):
            beside = "" if bare is None else " beside board reports"
            found.known.append(f"{words}: {count}, {values} values left{beside}")
    found.known += _moved_apart(school, most)


def _most(school: YearOfSchool, pages: Pages, with_reports: bool) -> np.ndarray:
    """Return for each two nodes the most that the second can be above the first."""
    most = np.full((ORIGIN + 1, ORIGIN + 1), FAR)
    np.fill_diagonal(most, 0)

    def above(first: int, second: int, limit: int) -> None:
        most[first, second] = min(most[first, second], limit)

    for name in NAMES:
        for month in range(MONTHS):
            here = place(name, month)
            above(here, ORIGIN, 0)
            parent = PARENTS[name]
            if parent == ENROLLED:
                above(ORIGIN, here, school.months[month][ENROLLED])
            else:
                above(place(parent, month), here, 0)
            if school.grows and month:
                above(here, place(name, month - 1), 0)
    for month, removals in enumerate(school.removals if with_reports else ()):
        above(ORIGIN, place(REMOVED, month), removals)
        if school.grows and month:
            # nobody is removed for the first time without a removal
            above(place(REMOVED, month - 1), place(REMOVED, month), removals - school.removals[month - 1])
    for name, month, number in pages.shown:
        above(ORIGIN, place(name, month), number)
        above(place(name, month), ORIGIN, -number)
    for name, month, number, is_exact in pages.sums:
        above(ORIGIN, place(name, month), number)
        if is_exact:
            above(place(name, month), ORIGIN, -number)
    for through in range(ORIGIN + 1):
        np.minimum(most, most[:, through, None] + most[None, through, :], out=most)
    return most


def _counts() -> Iterator[tuple[str, int, int]]:
    """Every count of students that is a difference of two nodes: a figure, what is new in it, and who is not in it."""
    for name in NAMES:
        for month in range(MONTHS):
            yield f"{name} {month}", place(name, month), ORIGIN
        for earlier, later in combinations(range(MONTHS), 2):
            yield f"{name} {earlier}-{later}", place(name, later), place(name, earlier)
        if PARENTS[name] != ENROLLED:
            for earlier in range(MONTHS):
                for later in range(earlier, MONTHS):
                    words = f"{PARENTS[name]} {later} without {name} {earlier}"
                    yield words, place(PARENTS[name], later), place(name, earlier)


def _moved_apart(school: YearOfSchool, most: np.ndarray) -> list[str]:
    """Return where four known numbers say by how few those not in a figure moved."""
    said = []
    for name in NAMES:
        parent = PARENTS[name]
        if parent == ENROLLED:
            continue
        known = [m for m in range(MONTHS) if _is_known(most, place(name, m)) and _is_known(most, place(parent, m))]
        for earlier, later in combinations(known, 2):
            before, after = (school.months[m][parent] - school.months[m][name] for m in (earlier, later))
            if abs(after - before) < FEWEST:
                said.append(f"not {name} {earlier}-{later}: moved by {after - before}")
    return said


def _is_known(most: np.ndarray, node: int) -> bool:
    return int(most[ORIGIN, node] + most[node, ORIGIN]) == 0
