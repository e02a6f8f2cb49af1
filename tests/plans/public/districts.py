"""Random schools over a year, month by month, and what their public pages show of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from random import Random

from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Minimums
from wss_cases.plans.public.figures import (
    CLOSED,
    PARENTS,
    POLICE,
    REMOVED,
    REPAIRED,
    Numbers,
    Published,
    Reports,
    beside_reports,
    pages_of,
    with_repeated,
)

USUAL = Minimums(cell=10, group=30)
MONTHS = 12
Rule = Callable[[Numbers, Sequence[Numbers], Minimums], dict[str, int]]
"""What decides which figures of a month may be shown beside the earlier pages."""
Beside = Callable[[Mapping[str, int], date, Iterable[Published], Reports, int], dict[str, int]]
"""What decides which of these may be shown beside the board reports."""


@dataclass(frozen=True)
class YearOfSchool:
    """The true figures of a school at the end of each month; `grows`: nothing was corrected, so they only grow.

    `removals`: how many there were up to each month, as board reports say, however few; a student can have several.
    `counted`: for each month the school as it was counted at its end, with what was corrected until then.
    """

    months: list[dict[str, int]]
    grows: bool
    removals: list[int] = field(default_factory=list)
    counted: list[YearOfSchool] = field(default_factory=list)


@dataclass
class Pages:
    """What anyone could read in a year: every figure that any page showed, with its month; `live` are those that the
    school's page showed in each month, `told` what each new page did not repeat, and `sums` the most that a figure can
    be by what else is added up: its name, its month, the most, and whether it is exactly that."""

    shown: list[tuple[str, int, int]] = field(default_factory=list)
    live: list[list[Published]] = field(default_factory=list)
    told: list[list[tuple[str, int, int]]] = field(default_factory=list)
    sums: list[tuple[str, int, int, bool]] = field(default_factory=list)


def random_school(random: Random, grows: bool) -> YearOfSchool:
    """Return a school whose figures move by a few or by many each month, as schools of every size do."""
    enrolled = random.choice((random.randint(20, 60), random.randint(60, 300), random.randint(300, 1500)))
    pace = random.choice((0.01, 0.03, 0.08))
    now = {ENROLLED: enrolled, **dict.fromkeys(PARENTS, 0)}
    again = Random(enrolled * MONTHS)
    more = list(accumulate(again.choice((0, 0, 0, 1, 3)) for _ in range(MONTHS)))
    months, so_far, counted = list[dict[str, int]](), list[dict[str, int]](), list[YearOfSchool]()
    for _ in range(MONTHS):
        for name in (ROOT, CLOSED):
            now[name] = min(enrolled, now[name] + _step(random, enrolled * pace))
        for name in (REMOVED, POLICE, REPAIRED):
            room = now[PARENTS[name]] - now[name]
            now[name] += min(room, _step(random, max(2.0, room * random.choice((0.05, 0.3, 0.9)))))
        so_far.append(dict(now))
        if not grows and random.random() < 0.3:
            _correct(random, so_far, random.choice(list(PARENTS)), random.randint(1, 4))
        if not grows and again.random() < 0.3:
            _correct(again, so_far, REMOVED, again.randint(1, 12))
        months.append(dict(so_far[-1]))
        now = dict(so_far[-1])
        counted.append(YearOfSchool([dict(one) for one in so_far], True, _removals(so_far, more)))
    return YearOfSchool(months, grows, _removals(months, more), counted)


def _removals(months: Sequence[Numbers], more: Sequence[int]) -> list[int]:
    return [month[REMOVED] + several for month, several in zip(months, more, strict=False)]


def _step(random: Random, mean: float) -> int:
    return int(random.expovariate(1 / mean)) if random.random() < 0.8 else 0


def _correct(random: Random, so_far: list[dict[str, int]], name: str, students: int) -> None:
    """Take students out again who came in some month, as a merged or unfounded report or a reversed removal does."""
    first = random.randrange(len(so_far))
    before = so_far[first - 1][name] if first else 0
    inside = [child for child, parent in PARENTS.items() if parent == name]
    room = [one[name] - one[child] for one in so_far[first:] for child in inside]
    fewer = min([students, so_far[first][name] - before, *room])
    for one in so_far[first:]:
        one[name] -= fewer


def publish_for_a_year(
    random: Random, school: YearOfSchool, rule: Rule, minimums: Minimums, beside: Beside = beside_reports
) -> Pages:
    """Return what a school's pages showed that was published in most months, and now and then withdrawn."""
    pages, live, ever = Pages(), list[Published](), list[Published]()
    for month, numbers in enumerate(school.months):
        if random.random() >= 0.15:
            reports = Reports(_day(0), numbers[ENROLLED], school.counted[month].removals)
            shown = beside(rule(numbers, pages_of(ever), minimums), _day(month), ever, reports, minimums.cell)
            pages.told.append([(name, month, number) for name, number in shown.items()])
            live = with_repeated(shown, _day(month), live)
            ever += live
            if random.random() < 0.05:
                live = []
        pages.live.append(live)
    pages.shown = [(one.name, _month(one.as_of), one.number) for one in _each_once(ever)]
    return pages


def _each_once(published: Iterable[Published]) -> list[Published]:
    return list(dict.fromkeys(published))


def _day(month: int) -> date:
    return date(2026 + (month + 8) // 12, (month + 8) % 12 + 1, 28)


def _month(day: date) -> int:
    return (day.year - 2026) * 12 + day.month - 9
