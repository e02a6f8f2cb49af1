"""The attack: whoever kept every public page that shows a school year, and what they can work out of hidden counts.

The reader knows the school's enrollment, that no figure is larger than the one it is a part of, and, while nothing was
corrected, that none shrinks. All of that are differences of two numbers, so the least and the most that any difference
can be are shortest paths, exact in whole numbers.

The reader may also hold the district's pages and the board reports of every month. Those say how many removals there
were, however few: a hidden count must then keep as many values as with the board reports alone.

Where something was corrected, board reports change too, and a page can contradict them or another page. The reader then
believes any figures that do not contradict each other: every such choice is tried, each time a page appears, with the
reports of that day, and what it tells is held against the school as it is counted that day. Two numbers of one figure
up to one month tell how many students were corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, product

import numpy as np

from tests.plans.public.districts import MONTHS, Figure, Pages, YearOfSchool
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.plans.public.publications.presenters import PARENTS, REMOVED

FEWEST = 10
FAR = 10**6
NAMES = list(PARENTS)
ORIGIN = len(NAMES) * MONTHS
Shown = Sequence[Figure]


@dataclass
class Found:
    """Hidden counts that were found out, and how much was looked at."""

    known: list[str] = field(default_factory=list)
    shown: int = 0
    small: int = 0


def place(name: str, month: int) -> int:
    return NAMES.index(name) * MONTHS + month


def attack(school: YearOfSchool, pages: Pages, found: Found) -> None:
    """Note every count below FEWEST of which fewer than FEWEST values are left, by the pages alone and with the board
    reports beside them; where something was corrected, with those of each day on which a page appeared, whatever of
    the pages before is believed."""
    found.shown += len(pages.shown)
    bare = _most(school, Pages(), with_reports=True)
    for beside in (None, bare) if school.grows else (None,):
        told = _told(school, _most(school, pages, with_reports=beside is not None), beside, found)
        found.known += [f"{words}: {said}" for words, said in told.items()]
    found.known += _corrected(pages.shown)
    for number, (month, now) in enumerate(pages.told if not school.grows else ()):
        if now:
            before = [figures for _month, figures in pages.told[:number]]
            _attack_once(school.counted[month], now, before, found)


def _corrected(shown: Shown) -> list[str]:
    return [
        f"{first[0]} {first[1]}: {abs(first[2] - second[2])} corrected"
        for first, second in combinations(shown, 2)
        if first[:2] == second[:2] and 0 < abs(first[2] - second[2]) < FEWEST
    ]


def _attack_once(school: YearOfSchool, now: Shown, before: Sequence[Shown], found: Found) -> None:
    """Note what a new page tells beside the board reports of its day, each of which says what was corrected since.

    A reader may believe any pages that do not contradict each other, the new one or the reports. Each of the two paths
    that bound a count holds two figures at most, so four pages tell all that more of them tell.
    """
    bare, earlier = _most(school, Pages(), with_reports=True), [page for page in before if page]
    newest = _with(bare, now)
    for number in range(min(len(earlier), 4) + 1):
        for believed in combinations(earlier, number):
            then = [figure for page in believed for figure in page]
            most = _with(newest, then)
            told = _told(school, most, bare, found) if most.diagonal().min() >= 0 else {}
            known = _told(school, _with(bare, then), bare, Found()) if told else {}
            found.known += [f"{words}: {told[words]}, after a correction" for words in told.keys() - known.keys()]


def _with(most: np.ndarray, figures: Shown) -> np.ndarray:
    """Return what is known with some figures, too: each path may go between its node and the origin, either way."""
    for name, month, number in figures:
        here = place(name, month)
        up, down = most[:, ORIGIN, None] + number + most[here], most[:, here, None] - number + most[ORIGIN]
        most = np.minimum(most, np.minimum(up, down))
    return most


def _told(school: YearOfSchool, most: np.ndarray, bare: np.ndarray | None, found: Found) -> dict[str, str]:
    """Return the counts that are known, with what is known of them."""
    months, known = len(school.months), dict[str, str]()
    truth = np.zeros(ORIGIN + 1, dtype=int)
    for name, month in product(NAMES, range(months)):
        truth[place(name, month)] = school.months[month][name]
    words, larger, smaller = _counts(months)
    counts, least, top = truth[larger] - truth[smaller], -most[larger, smaller], most[smaller, larger]
    few, values = (counts >= 0) & (counts < FEWEST), top - least + 1
    found.small += int(few.sum())
    # a reader who believes what was corrected since is misled
    few &= (values < FEWEST) & (least <= counts) & (counts <= top)
    if bare is not None:
        few &= values < bare[smaller, larger] + bare[larger, smaller] + 1
    for one in np.flatnonzero(few):
        beside = "" if bare is None else " beside board reports"
        known[words[one]] = f"{counts[one]}, {values[one]} values left{beside}"
    return known | _moved_apart(school, most)


def _most(school: YearOfSchool, pages: Pages, with_reports: bool) -> np.ndarray:
    """Return for each two nodes the most that the second can be above the first."""
    most = np.full((ORIGIN + 1, ORIGIN + 1), FAR)
    np.fill_diagonal(most, 0)

    def above(first: int, second: int, limit: int) -> None:
        most[first, second] = min(most[first, second], limit)

    for name in NAMES:
        for month in range(len(school.months)):
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
    for (name, month), number in {(name, month): number for name, month, number in pages.shown}.items():
        above(ORIGIN, place(name, month), number)
        above(place(name, month), ORIGIN, -number)
    for name, month, number, is_exact in pages.sums:
        above(ORIGIN, place(name, month), number)
        if is_exact:
            above(place(name, month), ORIGIN, -number)
    for through in range(ORIGIN + 1):
        np.minimum(most, most[:, through, None] + most[None, through, :], out=most)
    return most


@cache
def _counts(months: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Every count of students that is a difference of two nodes: a figure, what is new in it, and who is not in it."""
    found = list[tuple[str, int, int]]()
    for name in NAMES:
        found += [(f"{name} {month}", place(name, month), ORIGIN) for month in range(months)]
        for earlier, later in combinations(range(months), 2):
            found.append((f"{name} {earlier}-{later}", place(name, later), place(name, earlier)))
        if PARENTS[name] != ENROLLED:
            for earlier in range(months):
                for later in range(earlier, months):
                    words = f"{PARENTS[name]} {later} without {name} {earlier}"
                    found.append((words, place(PARENTS[name], later), place(name, earlier)))
    said, larger, smaller = zip(*found, strict=True)
    return list(said), np.array(larger), np.array(smaller)


def _moved_apart(school: YearOfSchool, most: np.ndarray) -> dict[str, str]:
    """Return where four known numbers say by how few those not in a figure moved."""
    said, months = dict[str, str](), range(len(school.months))
    for name in NAMES:
        parent = PARENTS[name]
        if parent == ENROLLED:
            continue
        known = [m for m in months if _is_known(most, place(name, m)) and _is_known(most, place(parent, m))]
        for earlier, later in combinations(known, 2):
            before, after = (school.months[m][parent] - school.months[m][name] for m in (earlier, later))
            at = [int(most[ORIGIN, place(one, m)]) for m in (earlier, later) for one in (parent, name)]
            if abs(after - before) < FEWEST and [at[0] - at[1], at[2] - at[3]] == [before, after]:
                said[f"not {name} {earlier}-{later}"] = f"moved by {after - before}"
    return said


def _is_known(most: np.ndarray, node: int) -> bool:
    return int(most[ORIGIN, node] + most[node, ORIGIN]) == 0
