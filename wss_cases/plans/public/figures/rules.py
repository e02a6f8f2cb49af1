"""Which figures of one school may be published, also beside everything that was published before. Pure.

Each figure counts different students since the school year began, up to the end of a month, so it only grows while
nothing is corrected. Whoever keeps every page can take any two figures from each other. So a figure leaves only where
it is a cell as outcomes' equity tables know one (enough students in it, and enough of the figure before it that are
not), and where neither it nor those not in it moved by fewer than that since any page that showed them. Else the figure
of the page before is repeated with its own day, which tells nothing new.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from wss_cases.outcomes.equity.suppression import ENROLLED, Body, Minimums
from wss_cases.plans.public.figures.states import PARENTS

FEWEST: Final = 10
"""No count of fewer students is ever published, whatever the district's own minimum."""
ALL: Final = "all"
Numbers = Mapping[str, int]


@dataclass(frozen=True)
class Published:
    """One figure as it leaves: how many students, up to which day."""

    name: str
    number: int
    as_of: date


def least_of(minimums: Minimums) -> Minimums:
    """Return the minimums of public pages: the district's, never below ten students."""
    cell = max(FEWEST, minimums.cell)
    return Minimums(cell, max(cell, minimums.group))


def publishable(numbers: Numbers, earlier: Sequence[Numbers], minimums: Minimums) -> dict[str, int]:
    """Return the figures that may be shown now: `numbers` holds every figure and ENROLLED, `earlier` what each page of
    this school year showed, the withdrawn ones too."""
    least = least_of(minimums)
    shown: dict[str, int] = {}
    if numbers[ENROLLED] < least.group:
        return shown
    body = Body([{ALL: dict(numbers)}], least, PARENTS, by_many=False)
    for name, parent in PARENTS.items():
        is_reached = parent == ENROLLED or parent in shown
        if is_reached and body.is_cell((ALL,), name) and not _gives_away(name, numbers, earlier, least.cell):
            shown[name] = numbers[name]
    return shown


def _gives_away(name: str, numbers: Numbers, earlier: Iterable[Numbers], cell: int) -> bool:
    """Whether a figure, or those of the figure before it that are not in it, moved by fewer than a cell since a page
    that showed them: the difference would be a count of so few."""
    parent = PARENTS[name]
    for page in earlier:
        if name not in page:
            continue
        if abs(numbers[name] - page[name]) < cell:
            return True
        if parent in page and abs(numbers[parent] - numbers[name] - (page[parent] - page[name])) < cell:
            return True
    return False


def pages_of(published: Iterable[Published]) -> list[Numbers]:
    """Return what all pages together showed, one mapping for each day up to which was counted."""
    by_day: dict[date, dict[str, int]] = {}
    for one in published:
        by_day.setdefault(one.as_of, {})[one.name] = one.number
    return list(by_day.values())


def with_repeated(shown: Mapping[str, int], as_of: date, before: Iterable[Published]) -> list[Published]:
    """Return the figures of a page: those that may be shown now, and of the others what the page before showed."""
    repeated = {one.name: one for one in before}
    fresh = {name: Published(name, number, as_of) for name, number in shown.items()}
    found = repeated | fresh
    return [found[name] for name in PARENTS if name in found]


def sums_of(found: Sequence[tuple[str, Sequence[Published]]]) -> list[tuple[str, int, int]]:
    """Return what the schools' own pages show (school year, figures), added up over the latest year: the figure's name,
    students, and at how many schools. Whoever reads the pages can add them up as well, so this tells nothing more."""
    latest = max(year for year, _figures in found)
    students, schools = Counter[str](), Counter[str]()
    for year, figures in found:
        for figure in figures if year == latest else ():
            students[figure.name] += figure.number
            schools[figure.name] += 1
    return [(name, students[name], schools[name]) for name in PARENTS if schools[name]]
