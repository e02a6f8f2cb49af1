"""How often a stage is reached in one group and among all others: rates, risk ratio, risk difference, 95 % intervals.

The unit is a student at a school. Plain intervals: the logarithm of the ratio (Katz and others, Biometrics 34, 1978)
and the plain (Wald) interval of the difference. Clustered ones: linearized residuals summed by cluster, two-way by
student and school (Cameron, Gelbach and Miller, Journal of Business & Economic Statistics 29, 2011:
V = V student + V school - V unit), K / (K - 1) for K schools, Student's t with K - 1 degrees of freedom; never
narrower than clustered by student alone. Within schools: Mantel and Haenszel's ratio and difference (Greenland and
Robins, Biometrics 41, 1985), residuals summed by school.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import reduce
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any, Final, Self

from wss_cases.foundation.typed_json import reader_of
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.outcomes.counting.scope.rules import Scope
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
from wss_cases.roster.directory.rules import SchoolDays

NORMAL: Final = NormalDist().inv_cdf(0.975)
STUDENT: Final = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)  # fmt: skip
"""The 97.5 percent point of Student's t by degrees of freedom, from 1."""


@dataclass(frozen=True)
class Stratum:
    """One school (or several counted as one): how many of how many reached a stage, in the group and among all
    others."""

    came: int
    of: int
    others_came: int
    others_of: int

    def plus(self, other: Self) -> "Stratum":
        others = self.others_came + other.others_came, self.others_of + other.others_of
        return Stratum(self.came + other.came, self.of + other.of, *others)


Twin = Sequence[bool]
"""A student counted at several schools: whether they reached the stage, at each."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """A group against all others."""

    rate: float
    others: float
    ratio: Interval
    difference: Interval


def together(strata: Iterable[Stratum]) -> Stratum:
    return reduce(Stratum.plus, strata, Stratum(0, 0, 0, 0))


def compare(
    strata: Sequence[Stratum], twins: Sequence[Twin] = (), other_twins: Sequence[Twin] = ()
) -> Comparison | None:
    """The comparison with clustered intervals (plain ones for a single school); None when it cannot be computed.

    `twins` are students of the group who are counted at several schools, `other_twins` those of all others.
    """
    whole = together(strata)
    if not (whole.came and whole.others_came):
        return None
    rate, others = whole.came / whole.of, whole.others_came / whole.others_of

    def interval(weight: float, other_weight: float) -> float:
        """Half the width of an interval. The weights turn a residual into its part of the estimate."""
        unit = _spread(rate, whole.of) * weight**2 + _spread(others, whole.others_of) * other_weight**2
        student = unit + weight**2 * _shared(twins, rate) + other_weight**2 * _shared(other_twins, others)
        sums = [
            weight * (stratum.came - rate * stratum.of)
            - other_weight * (stratum.others_came - others * stratum.others_of)
            for stratum in strata
            if stratum.of or stratum.others_of
        ]
        variance, quantile = max(student, 0.0), NORMAL
        if len(sums) > 1:
            variance, quantile = max(variance, student + _scatter(sums) - unit), _quantile(len(sums))
        return quantile * sqrt(variance)

    ratio = _ratio(rate / others, interval(1 / whole.came, 1 / whole.others_came))
    difference = _difference(rate - others, interval(1 / whole.of, 1 / whole.others_of))
    return Comparison(rate, others, ratio, difference)


def within_schools(strata: Sequence[Stratum]) -> tuple[Interval, Interval] | None:
    """The ratio and difference between students of the same school; None with fewer than two schools to compare."""
    paired = [stratum for stratum in strata if stratum.of and stratum.others_of]
    sizes = [stratum.of + stratum.others_of for stratum in paired]
    group = [stratum.came * stratum.others_of / size for stratum, size in zip(paired, sizes, strict=True)]
    others = [stratum.others_came * stratum.of / size for stratum, size in zip(paired, sizes, strict=True)]
    weights = [stratum.of * stratum.others_of / size for stratum, size in zip(paired, sizes, strict=True)]
    if len(paired) < 2 or not sum(group) or not sum(others):
        return None
    ratio = sum(group) / sum(others)
    difference = (sum(group) - sum(others)) / sum(weights)
    parts = list(zip(group, others, weights, strict=True))
    spread = _scatter([mine / sum(group) - theirs / sum(others) for mine, theirs, _ in parts])
    apart = _scatter([(mine - theirs - difference * weight) / sum(weights) for mine, theirs, weight in parts])
    quantile = _quantile(len(paired))
    return _ratio(ratio, quantile * sqrt(spread)), _difference(difference, quantile * sqrt(apart))


def _spread(rate: float, number: int) -> float:
    return number * rate * (1 - rate)


def _shared(twins: Sequence[Twin], rate: float) -> float:
    """What a student's residuals at several schools add to the variance, beyond their own squares."""
    residuals = [[came - rate for came in twin] for twin in twins]
    return sum(sum(twin) ** 2 - sum(each**2 for each in twin) for twin in residuals)


def _scatter(sums: Sequence[float]) -> float:
    return sum(total**2 for total in sums) * len(sums) / (len(sums) - 1)


def _quantile(schools: int) -> float:
    return STUDENT[schools - 2] if schools - 2 < len(STUDENT) else NORMAL


def _ratio(value: float, half: float) -> Interval:
    return Interval(value, exp(log(value) - half), exp(log(value) + half))


def _difference(value: float, half: float) -> Interval:
    return Interval(value, max(value - half, -1.0), min(value + half, 1.0))


def meaning_of(ratio: Interval) -> str:
    """What an interval says about a group: "more" or "less" likely, or "same" where it contains 1."""
    if ratio.low <= 1 <= ratio.high:
        return "same"
    return "less" if ratio.high < 1 else "more"


FEW_SCHOOLS = 10
"""When fewer schools than this suppress something, they count as one cluster in the intervals."""
Moved = Sequence[tuple[str, Sequence[Mapping[str, bool]]]]
"""Students counted at several schools: the category, and the stages they reached at each."""


@dataclass(frozen=True)
class Cell:
    """A row at a stage: how many of how many, against all others. `of` is the enrolled, or those of the stage before.

    `within` compares students of the same school, over the `schools` whose own tables show this cell.
    """

    came: int
    of: int
    against: Comparison | None
    within: tuple[Interval, Interval] | None = None
    schools: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.came / self.of


@dataclass(frozen=True)
class Line:
    """One group of students: by stage, per enrolled student and per student of the stage before."""

    categories: tuple[str, ...]
    enrolled: int
    per_enrolled: Mapping[str, Cell]
    per_before: Mapping[str, Cell]


@dataclass(frozen=True)
class Table:
    """One table. `stages` are those shown."""

    stages: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


READ_TABLE, READ_PATTERN = reader_of(Table), reader_of(Pattern)


def plain_tables(
    schools: Mapping[int, Counts], minimums: Minimums, parents: Mapping[str, str], moved: Moved
) -> dict[str, Any]:
    """As plain JSON: the district's table; and of each school that shows anything, its pattern and its counts. A
    school's own table is made from these when it is read."""
    patterns = patterns_of(schools, minimums, parents)
    columns = (ENROLLED, *parents)
    shown = {
        str(school): {
            "pattern": asdict(patterns[school]),
            "counts": {name: [row[stage] for stage in columns] for name, row in schools[school].items()},
        }
        for school in schools
        if patterns[school] != HIDDEN
    }
    district = table_of_district(schools, patterns, parents, moved)
    return {"columns": columns, "schools": shown, "district": asdict(district)}


def table_from(plain: Mapping[str, Any], school_id: int | None, parents: Mapping[str, str]) -> Table:
    """The table of one school, or of the district (None)."""
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
    return _lined(_Maker([[counts]], [], parents, ()), [counts], pattern)


def table_of_district(
    schools: Mapping[int, Counts], patterns: Mapping[int | None, Pattern], parents: Mapping[str, str], moved: Moved = ()
) -> Table:
    """The table of the district, as its pattern and the schools' patterns show it."""
    pattern = patterns[None]
    shut = [school for school in schools if hides(schools[school], patterns[school], pattern)]
    whole = [[schools[school]] for school in schools if school not in set(shut)]
    apart = [[schools[school]] for school in shut]
    few = 0 < len(shut) < FEW_SCHOOLS
    clusters = whole + ([[schools[school] for school in shut]] if few else apart)
    maker = _Maker(clusters, [(schools[school], patterns[school]) for school in schools], parents, moved)
    return _lined(maker, list(schools.values()), pattern)


def _lined(maker: "_Maker", parts: Sequence[Counts], pattern: Pattern) -> Table:
    if pattern == HIDDEN:
        return Table()
    body = Body(parts, Minimums(0, 0), maker.parents, by_many=False)
    lines = tuple(maker.line(row, pattern.stages) for row in published(body, pattern))
    return Table(pattern.stages, lines)


@dataclass(frozen=True)
class _Maker:
    """Makes lines from clusters of schools. `own` are each school's counts and the pattern of its own table."""

    clusters: Sequence[Sequence[Counts]]
    own: Sequence[tuple[Counts, Pattern]]
    parents: Mapping[str, str]
    moved: Moved

    def line(self, row: Row, stages: Iterable[str]) -> Line:
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
    """The categories of a row that have students at a school, the largest first."""
    has = [category for category in categories if category in counts and counts[category][ENROLLED]]
    return tuple(sorted(has, key=lambda category: (-counts[category][ENROLLED], category)))


def _stratum(schools: Sequence[Counts], categories: tuple[str, ...], stage: str, base: str) -> Stratum:
    def count(name: str, mine: bool) -> int:
        return sum(row[name] for school in schools for key, row in school.items() if (key in categories) is mine)

    return Stratum(count(stage, True), count(base, True), count(stage, False), count(base, False))


def last_month(scope: Scope) -> Scope | None:
    """The scope up to the end of the last finished month; a past year whole. None before a month is over."""
    if not scope.is_current:
        return scope
    last = scope.today.replace(day=1) - timedelta(days=1)
    return replace(scope, last=last) if last >= scope.first else None


def settled(scope: Scope, days: SchoolDays) -> Scope | None:
    """The scope up to the end of the last month whose incidents have all had the time of an offer; a past year whole.
    None before there is such a month."""
    until = scope.aged(days, WINDOWS["offered"]).last
    if until == scope.last and not scope.is_current:
        return scope
    last = (until + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    return replace(scope, last=last) if last >= scope.first else None
