"""No cell under ten, nobody told of by their group, over drawn districts; two weak rules are found out."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.outcomes.exports.analyst_files.attack import FOLLOWED, WHO
from tests.outcomes.exports.analyst_files.drawn import Drawn, Said
from tests.support.depth import examples
from wss_cases.outcomes.exports.analyst_files.agreements.rules import receiver_key
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint, numbered
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, SUPPRESSED, Fact, band_of, one_of, released


def each_column_by_itself(facts: list[Fact]) -> Said:
    """Weak: a value stays where ten incidents have it, whatever stands beside it."""
    often = [Counter(one.values[place] for one in facts) for place in range(len(COLUMNS))]
    return [
        (one.key, tuple(v if often[place][v] >= 10 else SUPPRESSED for place, v in enumerate(one.values)))
        for one in facts
    ]


def whole_groups(facts: list[Fact]) -> Said:
    """Weak: what followed is told as it is wherever a group is large."""
    sound = dict(released(facts, 10))
    start = len(WHO)
    return [(one.key, (*sound[one.key][:start], *one.values[start:])) for one in facts if one.key in sound]


def test_it_attacks_by_the_columns_of_the_file() -> None:
    assert (*WHO, *FOLLOWED) == COLUMNS


def test_nothing_is_found_in_drawn_districts_and_weak_rules_are_found_out() -> None:
    weak: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for seed in range(examples(20, 300)):
        drawn = Drawn(seed)
        said = released(drawn.facts, 10)
        assert drawn.found_out(said) == [], seed
        assert len(said) in (0, len(drawn.facts))
        truth = {one.key: one.values for one in drawn.facts}
        for key, values in said:
            assert all(value in (own, SUPPRESSED) for value, own in zip(values, truth[key], strict=True))
            told.update(name for name, value in zip(COLUMNS, values, strict=True) if value != SUPPRESSED)
        weak["column"] += bool(drawn.found_out(each_column_by_itself(drawn.facts)))
        weak["group"] += bool(drawn.found_out(whole_groups(drawn.facts)))
    assert weak["column"] > 10 and weak["group"] > 5
    assert all(told[name] for name in COLUMNS), told  # and the file is worth something


def test_a_student_who_is_in_most_incidents_is_in_no_cell_of_their_own() -> None:
    same = ("Network 1", "School 1", "9_12", "black", "2026-09", "bus", "no", "no", "1", "no", "none")
    one = [Fact(key, same, frozenset({key % 25}), frozenset({key % 25})) for key in range(60)]
    assert {values[1] for _key, values in released(one, 10)} == {"School 1"}
    bullied = [Fact(each.key, same, each.acted, each.acted | {99}) for each in one]
    assert released(bullied, 10) == []
    busy = [Fact(key, same, frozenset({min(key, 18)}), frozenset({min(key, 18)})) for key in range(60)]
    assert released(busy, 10) == []


def test_two_files_of_the_same_rows_share_no_number() -> None:
    said = [(key, ("x",) * len(COLUMNS)) for key in range(200)]
    first, second = numbered("2026-27", said), numbered("2026-27", said)
    assert not {row[0] for row in first} & {row[0] for row in second}
    assert [row[0] for row in first] == sorted(row[0] for row in first)
    assert fingerprint(said) == fingerprint(list(reversed(said))) != fingerprint(said[1:])


@pytest.mark.parametrize(
    ("grades", "band"),
    [([-1], "prek_2"), ([2, 0], "prek_2"), ([3], "3_5"), ([12, 9], "9_12"), ([8, 9], "several"), ([], "not_known")],
)
def test_bands(grades: list[int | None], band: str) -> None:
    assert band_of(grades) == band
    assert band_of([*grades, None]) == one_of([None]) == "not_known"


def test_a_receiver_is_the_same_however_it_is_written() -> None:
    assert receiver_key("University of Élm, Lab") == receiver_key(" university of  elm lab.") != receiver_key("Elm")
