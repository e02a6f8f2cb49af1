"""Random schools over a school year, what is corrected in the year after, and what their public pages show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from random import Random

from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Minimums
from wss_cases.plans.public.publications.models import Published
from wss_cases.plans.public.publications.presenters import (
    CLOSED,
    PARENTS,
    POLICE,
    REMOVALS,
    REMOVED,
    REPAIRED,
    Numbers,
    last_year_over,
    publishable,
    year_due,
)

USUAL = Minimums(cell=10, group=30)
YEAR, MONTHS, EDITIONS = "2026-27", 12, 24
"""The school year that is attacked, its months, and the months in which a page may appear: the next year's too."""
Figure = tuple[str, int, int]
"""A figure's name, the month up to which it counts, and its number."""


@dataclass(frozen=True)
class Rule:
    """Which school year a page publishes, given today and the years published before, and which figures it shows."""

    due: Callable[[date, Collection[str]], str | None] = year_due
    shows: Callable[[Numbers, Minimums], dict[str, int]] = publishable


@dataclass(frozen=True)
class YearOfSchool:
    """The true figures of a school at the end of each month; `grows`: nothing was corrected, so they only grow.

    `removals`: how many there were up to each month, as board reports say, however few; a student can have several.
    `counted`: for each month and those of the year after, the school as it was counted then.
    """

    months: list[dict[str, int]]
    grows: bool
    removals: list[int] = field(default_factory=list)
    counted: list[YearOfSchool] = field(default_factory=list)


@dataclass
class Pages:
    """What anyone could read: every figure that any page showed; `live`: what the page showed in each month; `told`:
    each month in which a page appeared, and what that page did not repeat; `sums`: the most that a figure can be by
    what the district adds up: its name, its month, the most, and whether it is exactly that."""

    shown: list[Figure] = field(default_factory=list)
    live: list[list[Published]] = field(default_factory=list)
    told: list[tuple[int, list[Figure]]] = field(default_factory=list)
    sums: list[tuple[str, int, int, bool]] = field(default_factory=list)


def random_school(random: Random, grows: bool) -> YearOfSchool:
    """Return a school whose figures move by a few or by many each month, as schools of every size do."""
    enrolled = random.choice((random.randint(20, 60), random.randint(60, 300), random.randint(300, 1500)))
    pace = random.choice((0.01, 0.03, 0.08))
    now = {ENROLLED: enrolled, **dict.fromkeys(PARENTS, 0)}
    often = random.choice(((0, 0, 0, 0, 1), (0, 0, 0, 1, 3), (0, 1, 2, 3, 8)))
    repeated = list(accumulate(random.choice(often) for _ in range(MONTHS)))
    months, so_far, counted = list[dict[str, int]](), list[dict[str, int]](), list[YearOfSchool]()
    for month in range(EDITIONS):
        if month < MONTHS:
            now = _a_month_later(random, now, pace)
            so_far.append(dict(now))
        if not grows and random.random() < 0.3:
            _correct(random, so_far, random.choice(list(PARENTS)), random.randint(1, 4))
        if not grows and random.random() < 0.3:
            _correct(random, so_far, REMOVED, random.randint(1, 12))
        now = dict(so_far[-1])
        if month < MONTHS:
            months.append(dict(now))
        counted.append(YearOfSchool([dict(numbers) for numbers in so_far], True, _removals(so_far, repeated)))
    return YearOfSchool(months, grows, _removals(months, repeated), counted)


def _a_month_later(random: Random, now: dict[str, int], pace: float) -> dict[str, int]:
    later = dict(now)
    for name in (ROOT, CLOSED):
        later[name] = min(later[ENROLLED], later[name] + _step(random, later[ENROLLED] * pace))
    for name in (REMOVED, POLICE, REPAIRED):
        room = later[PARENTS[name]] - later[name]
        later[name] += min(room, _step(random, max(2.0, room * random.choice((0.05, 0.3, 0.9)))))
    return later


def _removals(months: Sequence[Numbers], repeated: Sequence[int]) -> list[int]:
    return [numbers[REMOVED] + more for numbers, more in zip(months, repeated, strict=False)]


def _step(random: Random, mean: float) -> int:
    return int(random.expovariate(1 / mean)) if random.random() < 0.8 else 0


def _correct(random: Random, so_far: list[dict[str, int]], name: str, students: int) -> None:
    """Take students out again who came in some month, as a merged or unfounded report or a reversed removal does."""
    first = random.randrange(len(so_far))
    before = so_far[first - 1][name] if first else 0
    inside = [child for child, parent in PARENTS.items() if parent == name]
    room = [numbers[name] - numbers[child] for numbers in so_far[first:] for child in inside]
    fewer = min([students, so_far[first][name] - before, *room])
    for numbers in so_far[first:]:
        numbers[name] -= fewer


def publish_for_two_years(random: Random, school: YearOfSchool, rule: Rule, minimums: Minimums) -> Pages:
    """Return what a school's pages showed that was published in most months, and now and then withdrawn."""
    pages, live, ever, years = Pages(), list[Published](), list[Published](), set[str]()
    for month in range(EDITIONS):
        if random.random() >= 0.15:
            today, cut = _day(month), min(month, MONTHS) - 1
            fresh = list[Published]()
            if rule.due(today, years) == YEAR and cut >= 0:
                counted = school.counted[month]
                numbers = counted.months[cut] | {REMOVALS: counted.removals[cut]}
                fresh = [Published(name, number, _day(cut)) for name, number in rule.shows(numbers, minimums).items()]
            years.add(last_year_over(today))
            pages.told.append((month, [(figure.name, cut, figure.number) for figure in fresh]))
            names = {figure.name for figure in fresh}
            live = [*fresh, *(figure for figure in live if figure.name not in names)]
            ever += live
            if random.random() < 0.05:
                live = []
        pages.live.append(live)
    pages.shown = [(figure.name, _month(figure.as_of), figure.number) for figure in dict.fromkeys(ever)]
    return pages


def _day(month: int) -> date:
    return date(2026 + (month + 7) // 12, (month + 7) % 12 + 1, 28)


def _month(day: date) -> int:
    return (day.year - 2026) * 12 + day.month - 8
