"""What an incident's row in a file for analysts may say. Pure.

The rows are divided column by column. A value stays where enough different students stand behind the rows that share
it; the rows of every other value share the word "suppressed", and where those are too few the smallest value that
stayed joins them. So each set of rows that reads alike has enough students behind it, and with it every cell of every
table that can be made of the file. What followed an incident is told only where the rows that read alike until there
have at least two answers, each with enough students: one answer for all of them would tell of everyone.

Beside the file stand board reports and outcome files, which say of every school and month how many incidents there
were, where, how serious, and what followed. So a value stays only where these totals less the rows that say it leave
no row of the value or enough again, and more than one value in what they leave. The schools that the file does not
name are known by those that it does: they have a total too, which is the sum of theirs. So have the months that rows
do not name, beside rows that name the others.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SUPPRESSED: Final = "suppressed"
SEVERAL: Final = "several"
NOT_KNOWN: Final = "not_known"
WHO_AND_WHERE: Final = ("network", "school", "grade_band", "race_ethnicity", "month", "location")
"""By these a person could be recognized; divided in this order."""
WHAT_FOLLOWED: Final = ("police_notified", "removal", "behavior_group", "case_opened", "injury")
"""What nobody may learn of a person; divided in this order, within rows that read alike."""
COLUMNS: Final = (*WHO_AND_WHERE, *WHAT_FOLLOWED)
MONTH: Final = COLUMNS.index("month")
HELD_AGAINST: Final = ("month", "location", *WHAT_FOLLOWED)
"""Columns of which other files tell totals, by place and months."""
LEAST: Final = 10
"""Students behind each cell, whatever a district sets for its pages."""
BANDS: Final = ((2, "prek_2"), (5, "3_5"), (8, "6_8"), (13, "9_12"))
"""The highest grade of each band."""


@dataclass(frozen=True)
class Fact:
    """One incident: what could be said of it by COLUMNS, who acted, and everyone who acted or was harmed (ids)."""

    key: int
    values: tuple[str, ...]
    acted: frozenset[int]
    named: frozenset[int]


Facts = Sequence[Fact]
Parts = list[tuple[tuple[str, ...], Facts]]
"""Rows that read alike, after what they say of the columns so far."""
Months = frozenset[str]
Place = tuple[str, str]
"""Network and school as the file says them, or EVERY; "suppressed" is all of those that it does not name."""
EVERY: Final = ""


def enough(facts: Facts, least: int) -> bool:
    """Whether as many incidents, with as many different students who acted, stand here, and none in most of them."""
    if len(facts) < least or len(frozenset[int]().union(*(one.acted for one in facts))) < least:
        return False
    most = Counter(student for one in facts for student in one.named).most_common(1)
    return 2 * most[0][1] <= len(facts)


def divided(facts: Facts, column: int, least: int, withheld: Collection[str] = ()) -> list[tuple[str, Facts]]:
    """Return the rows by what may be said of a column: by its values but those `withheld`, and the rest together, which
    is never of one withheld value alone."""
    by_value: defaultdict[str, list[Fact]] = defaultdict(list)
    for one in facts:
        by_value[one.values[column]].append(one)
    shown: dict[str, Facts] = {
        value: rows for value, rows in by_value.items() if value not in withheld and enough(rows, least)
    }
    hidden = [value for value in by_value if value not in shown]
    rest = [one for value in hidden for one in by_value[value]]
    while rest and shown and (not enough(rest, least) or (withheld and len(hidden) < 2)):
        smallest = min(shown, key=lambda value: (len(shown[value]), value))
        hidden.append(smallest)
        rest += shown.pop(smallest)
    return [*sorted(shown.items()), *([(SUPPRESSED, rest)] if rest else [])]


def released(facts: Facts, least: int) -> list[tuple[int, tuple[str, ...]]]:
    """Return of each incident (its key) what the file says by COLUMNS; nothing where all together are too few."""
    if not enough(facts, 2 * least):
        return []
    alike: Parts = [((), facts)]
    for column, name in enumerate(COLUMNS):
        totals = _Totals(alike, column, least) if name in HELD_AGAINST else None
        alike = _divided_each(alike, column, least, totals)
    return [(one.key, said) for said, rows in alike for one in rows]


def _divided_each(alike: Parts, column: int, least: int, totals: "_Totals | None") -> Parts:
    """Return each part divided by a column; what totals would give away is withheld, until they give nothing away."""
    withheld: list[set[str]] = [set() for _part in alike]
    while True:
        parts = [_divided(part, column, least, never) for part, never in zip(alike, withheld, strict=True)]
        given_away = list(totals.given_away(parts)) if totals else []
        if not given_away:
            return [one for some in parts for one in some]
        for place, value in given_away:
            withheld[place].add(value)


def _divided(part: tuple[tuple[str, ...], Facts], column: int, least: int, withheld: Collection[str]) -> Parts:
    said, rows = part
    followed = COLUMNS[column] in WHAT_FOLLOWED
    ways = divided(rows, column, least if followed else 2 * least, withheld)
    if followed and (withheld or len(ways) < 2):
        ways = [(SUPPRESSED, rows)]
    return [((*said, value), some) for value, some in ways]


class _Totals:
    """The rows by the places and months of which a column's totals are known."""

    def __init__(self, alike: Parts, column: int, least: int) -> None:
        self.column, self.least = column, least
        self.months = frozenset(one.values[MONTH] for _said, rows in alike for one in rows)
        self.named: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        at: defaultdict[Place, list[Fact]] = defaultdict(list)
        for said, rows in alike:
            self.named[said[:MONTH]].update(said[MONTH : MONTH + 1])
            for place in _places(said):
                at[place] += rows
        spans: dict[Place, set[Months]] = {place: {self.months} for place in at}
        if column > MONTH:
            for place in at:
                spans[place] |= {frozenset({month}) for month in self.months}
            for said, _rows in alike:
                _join(spans[said[0], said[1]], self._open(said))
        self.rows = {
            (place, span): [one for one in rows if one.values[MONTH] in span]
            for place, rows in at.items()
            for span in spans[place]
        }
        self.spans = spans

    def given_away(self, parts: Sequence[Parts]) -> Iterator[tuple[int, str]]:
        """Yield the part, and the value, with the fewest rows of each that a total less these rows gives away."""
        told_in: dict[int, Months] = {}
        told: defaultdict[tuple[Place, Months], list[tuple[int, int, str]]] = defaultdict(list)
        for number, ways in enumerate(parts):
            for said, rows in ways:
                if said[self.column] == SUPPRESSED:
                    continue
                months = self._open(said)
                told_in.update(dict.fromkeys((one.key for one in rows), months))
                for place in _places(said):
                    for span in self.spans[place]:
                        if months <= span:
                            told[place, span].append((len(rows), number, said[self.column]))
        for (place, span), groups in told.items():
            left: defaultdict[str, list[Fact]] = defaultdict(list)
            for one in self.rows[place, span]:
                if one.key not in told_in or not told_in[one.key] <= span:
                    left[one.values[self.column]].append(one)
            few = [group for group in groups if len(left) == 1 or self._few(left.get(group[2], ()))]
            if few:
                _rows, number, value = min(few)
                yield number, value

    def _open(self, said: tuple[str, ...]) -> Months:
        """Return the months in which rows that say this can have been."""
        if self.column <= MONTH:
            return self.months
        if said[MONTH] != SUPPRESSED:
            return frozenset({said[MONTH]})
        return self.months - self.named[said[:MONTH]]

    def _few(self, left: Facts) -> bool:
        students: set[int] = set()
        for number, one in enumerate(left, start=1):
            students |= one.acted
            if number >= self.least and len(students) >= self.least:
                return False
        return bool(left)


def _places(said: tuple[str, ...]) -> Iterator[Place]:
    network, school = said[0], said[1]
    yield from ((EVERY, EVERY), (network, EVERY), (EVERY, school), (network, school))


def _join(spans: set[Months], months: Months) -> None:
    """Add these months, and with them all that have some of these."""
    if months not in spans:
        spans.add(months)
        for span in [one for one in spans if one & months]:
            _join(spans, span | months)


def band_of(grades: Iterable[int | None]) -> str:
    """Return the one grade band of these students, 'several', or 'not_known'."""
    return one_of(None if grade is None else next(name for top, name in BANDS if grade <= top) for grade in grades)


def one_of(values: Iterable[str | None]) -> str:
    """Return the one value that these are, 'several' where they differ, 'not_known' where any is."""
    different = set(values)
    if not different or None in different:
        return NOT_KNOWN
    return str(different.pop()) if len(different) == 1 else SEVERAL
