"""Random districts of random tables, what is published of them, and what the attack finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.suppression.attack import Cell, System
from wss_cases.outcomes.equity.suppression import ENROLLED, Body, Counts, Minimums, Row, patterns_of, published

PARENTS = {"incident": ENROLLED, "offered": "incident", "accepted": "offered", "suspended": "incident"}
CATEGORIES = ("a", "b", "c", "d", "e")


def district(pick: Random) -> dict[int, Counts]:
    """Return one to seven schools, groups from none to hundreds, and stages from rare to nearly everybody."""
    names = CATEGORIES[: pick.randint(2, 5)]
    shares = {one: pick.choice((0.03, 0.3, 0.6, 1.0)) for one in names}
    risks = {stage: pick.choice((0.05, 0.2, 0.4, 0.6, 0.8, 0.95)) for stage in PARENTS}
    sizes = pick.choice(((20, 60, 150), (60, 150, 300), (300, 600), (20, 300, 600)))
    return {number: _school(pick, pick.choice(sizes), shares, risks) for number in range(1, pick.randint(1, 7) + 1)}


def _school(pick: Random, size: int, shares: dict[str, float], risks: dict[str, float]) -> Counts:
    found: dict[str, dict[str, int]] = {}
    for one, share in shares.items():
        row = {ENROLLED: pick.choice((0, 1, 1, 1, 1, 1, 1, 1)) * round(size * share * pick.uniform(0.3, 1.2))}
        for stage, parent in PARENTS.items():
            risk = min(1.0, risks[stage] * pick.uniform(0.4, 1.6))
            row[stage] = sum(pick.random() < risk for _ in range(row[parent]))
        found[one] = row
    return found


Tables = list[tuple[list[int], list[Row]]]


def tables(schools: dict[int, Counts], minimums: Minimums) -> Tables:
    """Return what the product publishes: each school's table, and the district's."""
    found = patterns_of(schools, minimums, PARENTS)
    made: Tables = []
    for which, pattern in found.items():
        ids = list(schools) if which is None else [which]
        body = Body([schools[one] for one in ids], minimums, PARENTS, by_many=False)
        made.append((ids, published(body, pattern)))
    return made


def primary_only(schools: dict[int, Counts], minimums: Minimums) -> Tables:
    """The planted bug: every table hides its small cells alone, and shows all else, sums too."""
    made: Tables = []
    for ids in ([one] for one in schools):
        made.append((ids, _uncovered(schools, ids, minimums)))
    return [*made, (list(schools), _uncovered(schools, list(schools), minimums))]


def _uncovered(schools: dict[int, Counts], ids: list[int], minimums: Minimums) -> list[Row]:
    body = Body([schools[one] for one in ids], minimums, PARENTS, by_many=False)
    names = sorted({one for number in ids for one in schools[number]})
    return [
        Row((one,), {u: body.number((one,), u) for u in PARENTS if body.number((one,), u) >= minimums.cell})
        for one in names
    ]


@dataclass
class Found:
    """What the attack did: cells that stand on a page, hidden ones, and those it found out or nearly."""

    told: int = 0
    hidden: int = 0
    settled: int = 0
    """Hidden cells that the school's totals and the stages before leave no choice of: if all 20 who were offered
    accepted, then so did all 12 of one group. Whether they are hidden or not changes nothing."""
    known: list[str] = field(default_factory=list)
    narrow: list[str] = field(default_factory=list)
    shapes: Counter[str] = field(default_factory=Counter)


def attack(schools: dict[int, Counts], made: Tables, minimums: Minimums, found: Found) -> None:
    """Try to find every hidden cell of one district, and note what came out."""
    if not any(rows for _ids, rows in made):
        found.shapes["nothing"] += 1
        return
    system = System(schools, PARENTS)
    for ids, rows in made:
        system.learn(ids, rows)
        found.shapes["district table" if len(ids) > 1 and rows else "school table" if rows else "none"] += 1
    told = system.told()
    touched = {one for ids, rows in made if rows for one in ids}
    hidden = [c for c in system.place if c not in told and c[0] in touched and schools[c[0]][c[1]][ENROLLED]]
    found.told += len(told)
    found.hidden += len(hidden)
    ranges = system.ranges(hidden, minimums.cell)
    close = [cell for cell, (low, high) in ranges.items() if high - low + 1 < minimums.cell]
    for cell in close:
        before = _before(schools, made, cell, minimums)
        left, without = _values(ranges[cell]), _values(before)
        if without == 1:
            found.settled += 1
        elif left == 1:
            found.known.append(f"{cell}: {system.truth(cell)}")
        elif left < without:
            found.narrow.append(f"{cell}: {ranges[cell]} of {before}")


def _before(schools: dict[int, Counts], made: Tables, cell: Cell, minimums: Minimums) -> tuple[int, int]:
    """Return what a cell can be by its school's totals and its table's stages before this one, and nothing else."""
    school, _category, stage = cell
    alone = System({school: schools[school]}, PARENTS)
    stages = {ENROLLED}
    while (stage := PARENTS[stage]) != ENROLLED:
        stages.add(stage)
    for ids, rows in made:
        if ids == [school]:
            earlier = [
                Row(row.categories, {u: number for u, number in row.numbers.items() if u in stages}) for row in rows
            ]
            alone.learn(ids, earlier)
    return alone.ranges([cell], minimums.cell)[cell]


def _values(ends: tuple[int, int]) -> int:
    return ends[1] - ends[0] + 1
