"""Which figures of groups may be shown, so that no hidden one follows from those shown. docs/decisions/0017 says why.

A table has a row for each group of students and a column for each stage, and is either coarse or whole: groups too
small to stand alone are one row together, and a stage that is too small in any row is hidden in all of them. So no
table has a hole that its own sums would fill. A school never shows more than the district does, and at every stage the
schools that do not show it (the veil) hold together enough to be shown, so the district less its schools gives nothing
away either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

ENROLLED: Final = "enrolled"
ROOT: Final = "incident"
STRIDE: Final = 20
"""Of so many schools that may still join the veil, one joins at a time, so that a large district is soon done."""
Counts = Mapping[str, Mapping[str, int]]
"""Category of one kind of group to {stage: different students}, ENROLLED among the stages."""


@dataclass(frozen=True)
class Minimums:
    """The fewest students in a cell, and the fewest enrolled in a group."""

    cell: int
    group: int


@dataclass(frozen=True)
class Pattern:
    """What one table shows: categories with a row each, those that share one, and stages. Nothing is `HIDDEN`."""

    shown: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, ...]]:
        """The categories of each row; the shared one is the last."""
        return [(one,) for one in self.shown] + ([self.pooled] if self.pooled else [])


HIDDEN: Final = Pattern()


@dataclass(frozen=True)
class Row:
    """One row as it leaves the system: its categories, and students by stage, ENROLLED among them."""

    categories: tuple[str, ...]
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Body:
    """Schools counted together. `by_many` asks that no one of them carries a figure: without the one that counts most,
    the others still reach the minimum."""

    parts: Sequence[Counts]
    minimums: Minimums
    parents: Mapping[str, str]
    by_many: bool

    def number(self, row: Iterable[str], stage: str) -> int:
        """Students of a row at a stage."""
        return sum(self._each(tuple(row), stage))

    def _each(self, row: tuple[str, ...], stage: str) -> list[int]:
        return [sum(part[one][stage] for one in row if one in part) for part in self.parts]

    def _came_and_stayed(self, row: tuple[str, ...], stage: str) -> tuple[list[int], list[int]]:
        came, before = self._each(row, stage), self._each(row, self.parents[stage])
        return came, [earlier - later for earlier, later in zip(before, came, strict=True)]

    def is_cell(self, row: tuple[str, ...], stage: str) -> bool:
        """Whether enough students came to a stage, and enough of those at the stage before did not."""
        return all(map(self._is_enough, self._came_and_stayed(row, stage)))

    def is_column(self, rows: Sequence[tuple[str, ...]], stage: str) -> bool:
        """Whether a stage may be shown for these rows: each cell is one, and counted by many, schools could trade
        enough students between any two rows without a sum that changes."""
        if not all(self.is_cell(row, stage) for row in rows):
            return False
        sides = [self._came_and_stayed(row, stage) for row in rows] if self.by_many else []
        return all(
            self._is_enough([min(pair) for pair in zip(one[0], other[1], strict=True)])
            for one in sides
            for other in sides
            if one is not other
        )

    def _is_enough(self, numbers: Sequence[int]) -> bool:
        largest = max(numbers, default=0) if self.by_many else 0
        return sum(numbers) - largest >= self.minimums.cell

    def is_row(self, row: tuple[str, ...]) -> bool:
        """Whether categories may stand as one row: a large enough group with enough students at the first stage."""
        return self.number(row, ENROLLED) >= self.minimums.group and self.is_cell(row, ROOT)

    def is_pool(self, row: tuple[str, ...]) -> bool:
        """Whether categories may share a row: two or more, none so large that the row is as good as its own."""
        sizes = [self.number((one,), ENROLLED) for one in row]
        return len(row) > 1 and sum(sizes) - max(sizes) >= max(self.minimums.cell, 1) and self.is_row(row)


def pattern_of(body: Body, stages: Sequence[str], within: Pattern | None = None) -> Pattern:
    """Return what may be shown of schools counted together; `within` is the pattern that this one may not exceed.

    `stages` come in an order in which each follows its parent.
    """
    names = {one for part in body.parts for one in part}
    sizes = {one: body.number((one,), ENROLLED) for one in sorted(names)}
    known = sorted((one for one in sizes if sizes[one]), key=lambda one: (-sizes[one], one))
    pooled = [one for one in known if (within and one in within.pooled) or not body.is_row((one,))]
    shown = [one for one in known if one not in pooled]
    best = HIDDEN
    while shown:
        pattern = Pattern(tuple(shown), tuple(one for one in known if one not in shown))
        if not pattern.pooled or body.is_pool(pattern.pooled):
            best = max(best, _with_stages(body, stages, pattern, within), key=_cells)
        shown.pop()
    return best


def _cells(pattern: Pattern) -> int:
    """How much a pattern tells: its stages times its rows, less the one that follows from the others."""
    return len(pattern.stages) * (len(pattern.rows()) - 1)


def _with_stages(body: Body, stages: Sequence[str], pattern: Pattern, within: Pattern | None) -> Pattern:
    """Return a pattern of two or more rows with the stages that may be shown for them."""
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
    """Return what may be shown of each school, and under None of the district; `parents` lists the stages in order."""
    stages, many = tuple(parents), len(schools) > 1

    def body(ids: Iterable[int], by_many: bool) -> Body:
        return Body([schools[one] for one in ids], minimums, parents, by_many)

    district = pattern_of(body(schools, many), stages)
    within = None if district == HIDDEN else district
    patterns = {one: pattern_of(body([one], False), stages, within) for one in schools}
    for stage in district.stages:
        if any(_hides_at(schools[one], patterns[one], district, stage) for one in schools):
            _veil(body(schools, many), schools, patterns, district.rows(), stage)
    of_all: dict[int | None, Pattern] = {None: district}
    return of_all | patterns


def hides(counts: Counts, pattern: Pattern, district: Pattern) -> bool:
    """Whether a school keeps back anything that the district's table holds."""
    return any(_hides_at(counts, pattern, district, stage) for stage in district.stages)


def _hides_at(counts: Counts, pattern: Pattern, district: Pattern, stage: str) -> bool:
    of_school = [one for one in district.shown if one in counts and counts[one][ENROLLED]]
    return stage not in pattern.stages or any(one not in pattern.shown for one in of_school)


def _veil(
    body: Body, schools: Mapping[int, Counts], patterns: dict[int, Pattern], rows: Sequence[tuple[str, ...]], stage: str
) -> None:
    """Hide a stage at the smallest schools that show it until those that do not hold enough together."""
    veil = [one for one in schools if stage not in patterns[one].stages]
    sizes = {one: sum(row[stage] for row in schools[one].values()) for one in schools}
    rest = sorted((one for one in schools if stage in patterns[one].stages), key=lambda one: (sizes[one], one))
    while rest and not replace(body, parts=[schools[one] for one in veil]).is_column(rows, stage):
        for _ in range(1 + len(rest) // STRIDE):
            veil.append(rest.pop(0))
            patterns[veil[-1]] = _without(patterns[veil[-1]], stage, body.parents)


def _without(pattern: Pattern, stage: str, parents: Mapping[str, str]) -> Pattern:
    """Return a pattern less a stage and those after it."""
    left: list[str] = []
    for one in pattern.stages:
        if one != stage and parents[one] in (ENROLLED, *left):
            left.append(one)
    return replace(pattern, stages=tuple(left)) if left else HIDDEN


def published(body: Body, pattern: Pattern) -> list[Row]:
    """Return the rows that a pattern shows of schools counted together: all that any page or file is made from."""
    return [
        Row(row, {stage: body.number(row, stage) for stage in (ENROLLED, *pattern.stages)}) for row in pattern.rows()
    ]
