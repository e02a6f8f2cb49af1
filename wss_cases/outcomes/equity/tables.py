"""The table of one school or of the district: what may be shown, and each group against all others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from wss_cases.foundation.typed_json import reader_of
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.equity.rules import Comparison, Interval, Stratum, Twin, compare, together, within_schools
from wss_cases.outcomes.equity.suppression import (
    ENROLLED,
    HIDDEN,
    Body,
    Counts,
    Minimums,
    Pattern,
    Row,
    hides,
    patterns_of,
    published,
)

FEW_SCHOOLS = 10
"""Fewer schools than these that keep something back count as one in how wide an interval is."""
Moved = Sequence[tuple[str, Sequence[Mapping[str, bool]]]]
"""Students counted at several schools: category, and the stages that they came to at each."""


@dataclass(frozen=True)
class Cell:
    """A row at a stage: how many of how many, against all others; `of` is enrolled or the stage before.

    `within` compares students of the same school, over the `schools` whose own tables show this cell.
    """

    came: int
    of: int
    against: Comparison | None
    within: tuple[Interval, Interval] | None = None
    schools: int = 0

    @property
    def percent(self) -> float:
        """The rate in percent."""
        return 100 * self.came / self.of


@dataclass(frozen=True)
class Line:
    """One group of students: per enrolled student and per student of the stage before, by stage."""

    categories: tuple[str, ...]
    enrolled: int
    per_enrolled: Mapping[str, Cell]
    per_before: Mapping[str, Cell]


@dataclass(frozen=True)
class Table:
    """One table; `stages` are those shown."""

    stages: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


READ_TABLE, READ_PATTERN = reader_of(Table), reader_of(Pattern)


def plain_tables(
    schools: Mapping[int, Counts], minimums: Minimums, parents: Mapping[str, str], moved: Moved
) -> dict[str, Any]:
    """Return the district's table, and of each school that shows anything what it shows and its counts, as JSON has
    them: a school's own table is made of these when it is asked for."""
    patterns = patterns_of(schools, minimums, parents)
    columns = (ENROLLED, *parents)
    shown = {
        str(one): {
            "pattern": asdict(patterns[one]),
            "counts": {name: [row[stage] for stage in columns] for name, row in schools[one].items()},
        }
        for one in schools
        if patterns[one] != HIDDEN
    }
    district = table_of_district(schools, patterns, parents, moved)
    return {"columns": columns, "schools": shown, "district": asdict(district)}


def table_from(plain: Mapping[str, Any], school_id: int | None, parents: Mapping[str, str]) -> Table:
    """Return the table of one school, or with None of the district."""
    if school_id is None:
        table: Table = READ_TABLE(plain["district"])
        return table
    of_school = plain["schools"].get(str(school_id))
    if of_school is None:
        return Table()
    columns = plain["columns"]
    counts = {name: dict(zip(columns, row, strict=True)) for name, row in of_school["counts"].items()}
    return table_of_school(counts, READ_PATTERN(of_school["pattern"]), parents)


def table_of_school(counts: Counts, pattern: Pattern, parents: Mapping[str, str]) -> Table:
    """Return what a pattern shows of one school."""
    return _lined(_Maker([[counts]], [], parents, ()), [counts], pattern)


def table_of_district(
    schools: Mapping[int, Counts], patterns: Mapping[int | None, Pattern], parents: Mapping[str, str], moved: Moved = ()
) -> Table:
    """Return what the patterns of the district and its schools show of all of them."""
    pattern = patterns[None]
    shut = [one for one in schools if hides(schools[one], patterns[one], pattern)]
    whole = [[schools[one]] for one in schools if one not in set(shut)]
    apart = [[schools[one]] for one in shut]
    few = 0 < len(shut) < FEW_SCHOOLS
    clusters = whole + ([[schools[one] for one in shut]] if few else apart)
    maker = _Maker(clusters, [(schools[one], patterns[one]) for one in schools], parents, moved)
    return _lined(maker, list(schools.values()), pattern)


def _lined(maker: "_Maker", parts: Sequence[Counts], pattern: Pattern) -> Table:
    if pattern == HIDDEN:
        return Table()
    body = Body(parts, Minimums(0, 0), maker.parents, by_many=False)
    lines = tuple(maker.line(row, pattern.stages) for row in published(body, pattern))
    return Table(pattern.stages, lines)


@dataclass(frozen=True)
class _Maker:
    """Makes lines from schools in clusters; `own` are each school's counts and what its own table shows."""

    clusters: Sequence[Sequence[Counts]]
    own: Sequence[tuple[Counts, Pattern]]
    parents: Mapping[str, str]
    moved: Moved

    def line(self, row: Row, stages: Iterable[str]) -> Line:
        """Return one group's line."""
        enrolled, before = {}, {}
        for stage in stages:
            enrolled[stage] = self._cell(row, stage, ENROLLED)
            before[stage] = self._cell(row, stage, self.parents[stage])
        return Line(row.categories, row.numbers[ENROLLED], enrolled, before)

    def _cell(self, row: Row, stage: str, base: str) -> Cell:
        strata = [_stratum(cluster, row.categories, stage, base) for cluster in self.clusters]
        inside = [
            _stratum([counts], row.categories, stage, base)
            for counts, pattern in self.own
            if stage in pattern.stages and _of(counts, row.categories) in pattern.rows()
        ]
        twins: list[Twin] = []
        others: list[Twin] = []
        for category, stays in self.moved:
            twin = [stay[stage] for stay in stays if stay[base]]
            (twins if category in row.categories else others).append(twin)
        against = compare(strata, twins, others)
        number = together(strata)
        return Cell(number.came, number.of, against, within_schools(inside), len(inside))


def _of(counts: Counts, categories: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a row's categories that a school has, the largest first."""
    has = [one for one in categories if one in counts and counts[one][ENROLLED]]
    return tuple(sorted(has, key=lambda one: (-counts[one][ENROLLED], one)))


def _stratum(schools: Sequence[Counts], categories: tuple[str, ...], stage: str, base: str) -> Stratum:
    def count(name: str, mine: bool) -> int:
        return sum(row[name] for one in schools for key, row in one.items() if (key in categories) is mine)

    return Stratum(count(stage, True), count(base, True), count(stage, False), count(base, False))


def settled(scope: Scope) -> Scope | None:
    """Return the scope up to the end of the last month that is over, a past year whole; None before one is."""
    if not scope.is_current:
        return scope
    last = scope.today.replace(day=1) - timedelta(days=1)
    return replace(scope, last=last) if last >= scope.first else None
