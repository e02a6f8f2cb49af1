"""What somebody who holds a released file, and knows who is enrolled, can find in it. Written apart from the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

WHO = ("network", "school", "grade_band", "race_ethnicity", "month", "location")
FOLLOWED = ("police_notified", "removal", "behavior_group", "case_opened", "injury")
HIDDEN = "suppressed"

Row = Mapping[str, str]
Known = tuple[str, str, Iterable[int]]
"""What the file says of an incident, what is true, and the students behind it."""


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


def beside_totals(rows: Sequence[Row], truth: Sequence[Row], behind: Sequence[Iterable[int]]) -> list[str]:
    """What the totals of board reports and outcome files, by place and time, leave when what the file says is taken
    from them: fewer than ten rows of a value, or one value for all that is left. Schools that the
    file does not name, of a network or of all, have a total too: the sum of theirs."""
    units = [one for size in range(4) for one in combinations(("network", "school", "month"), size)]
    wanted = [(unit, name) for name in ("month", "location", *FOLLOWED) for unit in units if name not in unit]
    places = _known_by_name(rows, truth)
    found = [one for unit, name in wanted for one in _left_of(rows, truth, places, behind, unit, name)]
    return found + _beside_months(rows, truth, behind)


def _known_by_name(rows: Sequence[Row], truth: Sequence[Row]) -> list[Row]:
    """Where and when each incident was, with one name for all networks, and all schools, that the file never names."""
    named = {name: {row[name] for row in rows} for name in ("network", "school")}
    return [
        {"month": true["month"]} | {name: true[name] if true[name] in named[name] else HIDDEN for name in named}
        for true in truth
    ]


def _left_of(
    rows: Sequence[Row],
    truth: Sequence[Row],
    places: Sequence[Row],
    behind: Sequence[Iterable[int]],
    unit: Sequence[str],
    name: str,
) -> list[str]:
    within: defaultdict[tuple[str, ...], list[Known]] = defaultdict(list)
    for said, true, place, ids in zip(rows, truth, places, behind, strict=True):
        where = tuple(place[one] for one in unit)
        is_told = where == tuple(said[one] for one in unit)
        within[where].append((said[name] if is_told else HIDDEN, true[name], ids))
    return [line for where, known in within.items() for line in _small_rest(name, where, known)]


def _beside_months(rows: Sequence[Row], truth: Sequence[Row], behind: Sequence[Iterable[int]]) -> list[str]:
    """What totals leave in each place of the months that some rows there do not name: rows that are alike before name
    all others. Of months that two kinds of rows leave open too."""
    named: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    at: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        named[tuple(row[one] for one in WHO[:4])].add(row["month"])
        at[row["network"], row["school"]].append(number)
    found = []
    for place, numbers in at.items():
        months = {truth[number]["month"] for number in numbers}
        open_to = {
            number: frozenset(
                months - named[tuple(rows[number][one] for one in WHO[:4])]
                if rows[number]["month"] == HIDDEN
                else {rows[number]["month"]}
            )
            for number in numbers
        }
        spans = set(open_to.values())
        for span in spans | {one | other for one, other in combinations(spans, 2) if one & other}:
            within = [(number, open_to[number] <= span) for number in numbers if truth[number]["month"] in span]
            for name in ("location", *FOLLOWED):
                known = [
                    (rows[number][name] if is_told else HIDDEN, truth[number][name], behind[number])
                    for number, is_told in within
                ]
                found += _small_rest(name, (*place, *sorted(span)), known)
    return found


def _small_rest(name: str, where: tuple[str, ...], known: Sequence[Known]) -> list[str]:
    """What a total less the rows that say their value leaves of values that are said."""
    told = {said for said, _true, _ids in known if said != HIDDEN}
    rest: defaultdict[str, list[frozenset[int]]] = defaultdict(list)
    for said, true, ids in known:
        if said == HIDDEN:
            rest[true].append(frozenset(ids))
    found = [
        f"{name} {value} in {where}: {len(rest[value])} left"
        for value in sorted(told & set(rest))
        if len(rest[value]) < 10 or len(frozenset().union(*rest[value])) < 10
    ]
    if told and len(rest) == 1:
        found.append(f"{name} in {where}: {next(iter(rest))} is told of all that is left")
    return found


def withheld_alone(rows: Sequence[Row], truth: Sequence[Row]) -> list[str]:
    """Groups of rows that read alike until a column, of which some say its value and all others, which do not, have one
    and the same: whoever knows the values that there are knows theirs."""
    columns = (*WHO, *FOLLOWED)
    found = []
    for place, name in enumerate(columns):
        said: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        true: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for row, own in zip(rows, truth, strict=True):
            group = tuple(row[one] for one in columns[:place])
            said[group].add(row[name])
            if row[name] == HIDDEN:
                true[group].add(own[name])
        found += [f"{name} in {group}" for group, values in true.items() if len(values) == 1 and len(said[group]) > 1]
    return found
