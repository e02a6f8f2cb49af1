"""Thirty random districts; `python -m tests.suppression` attacks 400, or as many as one asks for."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.suppression.tables import PARENTS, Found, Tables, attack, district, primary_only, tables
from wss_cases.outcomes.equity.suppression import ENROLLED, HIDDEN, Counts, Minimums, patterns_of

USUAL = Minimums(cell=10, group=30)


Publish = Callable[[dict[int, Counts], Minimums], Tables]


def attacked(publish: Publish, seeds: range, minimums: Minimums = USUAL) -> Found:
    found = Found()
    for seed in seeds:
        schools = district(Random(seed))
        attack(schools, publish(schools, minimums), minimums, found)
    return found


def test_a_solver_finds_no_hidden_cell_and_leaves_none_few_values() -> None:
    found = attacked(tables, range(30))
    assert (found.known, found.narrow) == ([], [])
    assert found.shapes["district table"] >= 5
    assert found.shapes["school table"] >= 10
    assert found.hidden > 500


def test_the_planted_weak_suppression_is_found_out() -> None:
    assert len(attacked(primary_only, range(4)).known) > 20


def row(enrolled: int, incident: int, offered: int) -> dict[str, int]:
    return {ENROLLED: enrolled, "incident": incident, "offered": offered, "accepted": 0, "suspended": 0}


def test_a_stage_is_hidden_in_every_row_and_a_small_group_takes_another_with_it() -> None:
    counts: Counts = {"a": row(400, 90, 40), "b": row(200, 60, 25), "c": row(100, 30, 12), "d": row(12, 4, 2)}
    pattern = patterns_of({1: counts}, USUAL, PARENTS)[1]
    assert pattern.shown == ("a", "b")
    assert pattern.pooled == ("c", "d"), "four students' figures would follow from the sum without another group"
    assert pattern.stages == ("incident", "offered")
    fewer: Counts = {**counts, "b": row(200, 60, 9)}
    assert patterns_of({1: fewer}, USUAL, PARENTS)[1].stages == ("incident",)
    nearly_all: Counts = {**counts, "b": row(200, 60, 51)}
    assert patterns_of({1: nearly_all}, USUAL, PARENTS)[1].stages == ("incident",), "51 of 60 tells of the nine"


def test_one_school_without_a_table_takes_others_with_it() -> None:
    large: Counts = {"a": row(300, 90, 40), "b": row(300, 60, 25)}
    small: Counts = {"a": row(40, 9, 5), "b": row(40, 8, 5)}
    both = patterns_of({1: large, 2: large, 3: large}, USUAL, PARENTS)
    assert HIDDEN not in both.values()
    some = patterns_of({1: large, 2: large, 3: large, 4: small}, USUAL, PARENTS)
    assert some[None].shown
    assert some[4] == HIDDEN
    assert some[1] == HIDDEN, "the district less the others would be school 4's table"


@pytest.mark.parametrize("cell", [5, 20])
def test_other_minimums(cell: int) -> None:
    found = attacked(tables, range(100, 104), Minimums(cell, 30))
    assert (found.known, found.narrow) == ([], [])
