"""What an incident's row in a file for analysts may say. Pure.

The rows are divided column by column. A value stays where enough different students stand behind the rows that share
it; the rows of every other value share the word "suppressed", and where those are too few the smallest value that
stayed joins them. So each set of rows that reads alike has enough students behind it, and with it every cell of every
table that can be made of the file. What followed an incident is told only where the rows that read alike until there
have at least two answers, each with enough students: one answer for all of them would tell of everyone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
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


def enough(facts: Facts, least: int) -> bool:
    """Whether as many incidents, with as many different students who acted, stand here, and none in most of them."""
    if len(facts) < least or len(frozenset[int]().union(*(one.acted for one in facts))) < least:
        return False
    most = Counter(student for one in facts for student in one.named).most_common(1)
    return 2 * most[0][1] <= len(facts)


def divided(facts: Facts, column: int, least: int) -> list[tuple[str, Facts]]:
    """Return the rows by what may be said of a column: by its values, and the rest together."""
    by_value: defaultdict[str, list[Fact]] = defaultdict(list)
    for one in facts:
        by_value[one.values[column]].append(one)
    shown: dict[str, Facts] = {value: rows for value, rows in by_value.items() if enough(rows, least)}
    rest = [one for one in facts if one.values[column] not in shown]
    while rest and shown and not enough(rest, least):
        smallest = min(shown, key=lambda value: (len(shown[value]), value))
        rest += shown.pop(smallest)
    return [*sorted(shown.items()), *([(SUPPRESSED, rest)] if rest else [])]


def released(facts: Facts, least: int) -> list[tuple[int, tuple[str, ...]]]:
    """Return of each incident (its key) what the file says by COLUMNS; nothing where all together are too few."""
    together = 2 * least
    if not enough(facts, together):
        return []
    alike: list[tuple[tuple[str, ...], Facts]] = [((), facts)]
    for column, name in enumerate(COLUMNS):
        followed = name in WHAT_FOLLOWED
        parts: list[tuple[tuple[str, ...], Facts]] = []
        for said, rows in alike:
            ways = divided(rows, column, least if followed else together)
            if followed and len(ways) < 2:
                ways = [(SUPPRESSED, rows)]
            parts += [((*said, value), some) for value, some in ways]
        alike = parts
    return [(one.key, said) for said, rows in alike for one in rows]


def band_of(grades: Iterable[int | None]) -> str:
    """Return the one grade band of these students, 'several', or 'not_known'."""
    return one_of(None if grade is None else next(name for top, name in BANDS if grade <= top) for grade in grades)


def one_of(values: Iterable[str | None]) -> str:
    """Return the one value that these are, 'several' where they differ, 'not_known' where any is."""
    different = set(values)
    if not different or None in different:
        return NOT_KNOWN
    return str(different.pop()) if len(different) == 1 else SEVERAL
