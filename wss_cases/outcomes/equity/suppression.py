"""Which figures of groups may be shown, so that no hidden figure can be computed from those shown. docs/decisions/0017
says why.

A table has a row per group of students and a column per stage. It is either coarse or whole: groups too small for their
own row share one, and a stage too small in any row is hidden in all rows. So no table has a single gap that its own
sums would fill. A school never shows more than the district does. The schools that hide a stage (the veil) together
have enough students to be shown, so subtracting the other schools from the district reveals nothing either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

ENROLLED: Final = "enrolled"
ROOT: Final = "incident"
STRIDE: Final = 20
"""With this many schools left to join the veil, they join in steps of more than one, to limit the time for a large
district."""
Counts = Mapping[str, Mapping[str, int]]
"""Category of one kind of group to {stage: different students}, ENROLLED among the stages."""


@dataclass(frozen=True)
class Minimums:
    """The fewest students in a cell, and the fewest enrolled in a group."""

    cell: int
    group: int


@dataclass(frozen=True)
class Pattern:
    """What one table shows: the categories with their own row, those that share a row, and the stages. `HIDDEN` shows
    nothing."""

    shown: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, ...]]:
        """The categories of each row; the shared row is the last."""
        return [(category,) for category in self.shown] + ([self.pooled] if self.pooled else [])


HIDDEN: Final = Pattern()


@dataclass(frozen=True)
class Row:
    """One row that may be published: its categories, and students by stage, ENROLLED among them."""

    categories: tuple[str, ...]
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Body:
    """Schools counted together. With `by_many`, no single school may dominate a figure: without the largest school, the
    others must still reach the minimum."""

    parts: Sequence[Counts]
    minimums: Minimums
    parents: Mapping[str, str]
    by_many: bool

    def number(self, row: Iterable[str], stage: str) -> int:
        return sum(self._each(tuple(row), stage))

    def _each(self, row: tuple[str, ...], stage: str) -> list[int]:
        return [sum(part[category][stage] for category in row if category in part) for part in self.parts]

    def _came_and_stayed(self, row: tuple[str, ...], stage: str) -> tuple[list[int], list[int]]:
        came, before = self._each(row, stage), self._each(row, self.parents[stage])
        return came, [earlier - later for earlier, later in zip(before, came, strict=True)]

    def is_cell(self, row: tuple[str, ...], stage: str) -> bool:
        """Whether enough students reached a stage, and enough of those at the stage before did not."""
        return all(map(self._is_enough, self._came_and_stayed(row, stage)))

    def is_column(self, rows: Sequence[tuple[str, ...]], stage: str) -> bool:
        """Whether a stage may be shown for these rows. Every cell must be large enough; with `by_many`, schools must
        also be able to exchange enough students between any two rows without changing a sum."""
        if not all(self.is_cell(row, stage) for row in rows):
            return False
        sides = [self._came_and_stayed(row, stage) for row in rows] if self.by_many else []
        return all(
            self._is_enough([min(pair) for pair in zip(side[0], other[1], strict=True)])
            for side in sides
            for other in sides
            if side is not other
        )

    def _is_enough(self, numbers: Sequence[int]) -> bool:
        largest = max(numbers, default=0) if self.by_many else 0
        return sum(numbers) - largest >= self.minimums.cell

    def is_row(self, row: tuple[str, ...]) -> bool:
        """Whether categories may form a row: a large enough group with enough students at the first stage."""
        return self.number(row, ENROLLED) >= self.minimums.group and self.is_cell(row, ROOT)

    def is_pool(self, row: tuple[str, ...]) -> bool:
        """Whether categories may share a row: at least two, and none so large that the row is as good as its own."""
        sizes = [self.number((category,), ENROLLED) for category in row]
        return len(row) > 1 and sum(sizes) - max(sizes) >= max(self.minimums.cell, 1) and self.is_row(row)


def pattern_of(body: Body, stages: Sequence[str], within: Pattern | None = None) -> Pattern:
    """What may be shown of schools counted together. `within` is a pattern that may not be exceeded.

    `stages` are in an order in which each follows its parent.
    """
    names = {category for part in body.parts for category in part}
    sizes = {category: body.number((category,), ENROLLED) for category in sorted(names)}
    known = sorted(
        (category for category in sizes if sizes[category]), key=lambda category: (-sizes[category], category)
    )
    pooled = [category for category in known if (within and category in within.pooled) or not body.is_row((category,))]
    shown = [category for category in known if category not in pooled]
    best = HIDDEN
    while shown:
        pattern = Pattern(tuple(shown), tuple(category for category in known if category not in shown))
        if not pattern.pooled or body.is_pool(pattern.pooled):
            best = max(best, _with_stages(body, stages, pattern, within), key=_cells)
        shown.pop()
    return best


def _cells(pattern: Pattern) -> int:
    """How much a pattern shows: its stages times its rows, minus the row that follows from the others."""
    return len(pattern.stages) * (len(pattern.rows()) - 1)


def _with_stages(body: Body, stages: Sequence[str], pattern: Pattern, within: Pattern | None) -> Pattern:
    """A pattern of at least two rows with the stages that may be shown for them."""
    rows, shown = pattern.rows(), list[str]()
    for stage in stages if len(rows) > 1 else ():
        follows = body.parents[stage] in (ENROLLED, *shown)
        allowed = within is None or stage in within.stages
        if follows and allowed and body.is_column(rows, stage):
            shown.append(stage)
    return replace(pattern, stages=tuple(shown)) if shown else HIDDEN


def patterns_of(
    schools: Mapping[int, Counts], minimums: Minimums, parents: Mapping[str, str]
) -> dict[int | None, Pattern]:
    """What may be shown of each school, and of the district (key None). `parents` lists the stages in order."""
    stages, many = tuple(parents), len(schools) > 1

    def body(ids: Iterable[int], by_many: bool) -> Body:
        return Body([schools[school] for school in ids], minimums, parents, by_many)

    district = pattern_of(body(schools, many), stages)
    within = None if district == HIDDEN else district
    patterns = {school: pattern_of(body([school], False), stages, within) for school in schools}
    for stage in district.stages:
        if any(_hides_at(schools[school], patterns[school], district, stage) for school in schools):
            _veil(body(schools, many), schools, patterns, district.rows(), stage)
    of_all: dict[int | None, Pattern] = {None: district}
    return of_all | patterns


def hides(counts: Counts, pattern: Pattern, district: Pattern) -> bool:
    """Whether a school hides anything that the district's table shows."""
    return any(_hides_at(counts, pattern, district, stage) for stage in district.stages)


def _hides_at(counts: Counts, pattern: Pattern, district: Pattern, stage: str) -> bool:
    of_school = [category for category in district.shown if category in counts and counts[category][ENROLLED]]
    return stage not in pattern.stages or any(category not in pattern.shown for category in of_school)


def _veil(
    body: Body, schools: Mapping[int, Counts], patterns: dict[int, Pattern], rows: Sequence[tuple[str, ...]], stage: str
) -> None:
    """Hide a stage at the smallest schools that show it, until the schools that hide it are together large enough."""
    veil = [school for school in schools if stage not in patterns[school].stages]
    sizes = {school: sum(row[stage] for row in schools[school].values()) for school in schools}
    rest = sorted(
        (school for school in schools if stage in patterns[school].stages), key=lambda school: (sizes[school], school)
    )
    while rest and not replace(body, parts=[schools[school] for school in veil]).is_column(rows, stage):
        for _ in range(1 + len(rest) // STRIDE):
            veil.append(rest.pop(0))
            patterns[veil[-1]] = _without(patterns[veil[-1]], stage, body.parents)


def _without(pattern: Pattern, stage: str, parents: Mapping[str, str]) -> Pattern:
    """A pattern without a stage and the stages after it."""
    left: list[str] = []
    for candidate in pattern.stages:
        if candidate != stage and parents[candidate] in (ENROLLED, *left):
            left.append(candidate)
    return replace(pattern, stages=tuple(left)) if left else HIDDEN


def published(body: Body, pattern: Pattern) -> list[Row]:
    """The rows that a pattern shows of schools counted together. Every page and file is made from these only."""
    return [
        Row(row, {stage: body.number(row, stage) for stage in (ENROLLED, *pattern.stages)}) for row in pattern.rows()
    ]
