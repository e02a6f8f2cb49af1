"""What somebody who holds a released file, and knows who is enrolled, can find in it. Written apart from the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

WHO = ("network", "school", "grade_band", "race_ethnicity", "month", "location")
FOLLOWED = ("police_notified", "removal", "behavior_group", "case_opened", "injury")
HIDDEN = "suppressed"

Row = Mapping[str, str]


def small_cells(rows: Sequence[Row], behind: Sequence[Iterable[int]], most_columns: int = 3) -> list[str]:
    """Cells of the tables of one to three columns, and of all, with fewer than ten incidents or students."""
    columns = (*WHO, *FOLLOWED)
    tables = [one for size in range(1, most_columns + 1) for one in combinations(columns, size)]
    return [found for table in [*tables, WHO, columns] for found in _small_in(rows, behind, table)]


def _small_in(rows: Sequence[Row], behind: Sequence[Iterable[int]], table: Sequence[str]) -> list[str]:
    incidents: defaultdict[tuple[str, ...], int] = defaultdict(int)
    students: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, ids in zip(rows, behind, strict=True):
        cell = tuple(row[name] for name in table)
        incidents[cell] += 1
        students[cell] |= set(ids)
    return [f"{table}: {cell}" for cell, number in incidents.items() if number < 10 or len(students[cell]) < 10]


def told_of_everyone(rows: Sequence[Row]) -> list[str]:
    """Groups of rows that could be one person's, for all of which the same is told of what followed."""
    groups: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in WHO)].append(row)
    return [
        f"{group}: {name} is {answer}"
        for group, alike in groups.items()
        for name in FOLLOWED
        for answer in {one[name] for one in alike}
        if answer != HIDDEN and len({one[name] for one in alike}) == 1
    ]


def unlike_roster(rows: Sequence[Row], enrolled: Iterable[tuple[str, str, str]]) -> list[str]:
    """Combinations of school, grades and race in the file behind which fewer than ten students are enrolled."""
    pupils = list(enrolled)
    said = {(one["school"], one["grade_band"], one["race_ethnicity"]) for one in rows}
    open_to_all = {HIDDEN, "several", "not_known"}
    return [
        str(one)
        for one in said
        if sum(
            all(value in open_to_all or value == own for value, own in zip(one, pupil, strict=True)) for pupil in pupils
        )
        < 10
    ]
