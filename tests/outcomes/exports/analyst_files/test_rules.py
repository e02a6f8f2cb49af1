"""No cell under ten, nobody told of by their group, over drawn districts; two weak rules are found out."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.outcomes.exports.analyst_files.attack import FOLLOWED, WHO, small_cells, told_of_everyone, unlike_roster
from tests.support.depth import examples
from wss_cases.outcomes.exports.analyst_files.agreements.rules import receiver_key
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint, numbered
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, SUPPRESSED, Fact, band_of, one_of, released

RACES = ("black", "hispanic", "white", "asian", "american_indian")
WEIGHTS = (9, 7, 4, 2, 1)
Said = list[tuple[int, tuple[str, ...]]]


class Drawn:
    """A district: schools of very different sizes, and students some of whom are in very many incidents."""

    def __init__(self, seed: int) -> None:
        self.pick = pick = random.Random(seed)
        self.pupils: list[tuple[str, str, str, str]] = []
        for number in range(pick.randint(2, 7)):
            network, school = f"Network {number % 3}", f"School {number}"
            for _ in range(pick.choice((6, 12, 40, 150))):
                race = pick.choices(RACES, WEIGHTS)[0]
                self.pupils.append((network, school, pick.choice(("3_5", "6_8", "9_12", "9_12")), race))
        self.facts = [self._fact(key) for key in range(pick.randint(15, 700))]

    def _fact(self, key: int) -> Fact:
        pick = self.pick
        # a few students are in most incidents: a count of incidents alone would hide nobody
        one = int(len(self.pupils) * pick.random() ** pick.choice((1, 1, 3)))
        network, school, band, race = self.pupils[one]
        month, place = f"2026-{pick.choice((9, 10, 11)):02d}", pick.choice(("hallway", "bus", "yard", "classroom"))
        followed = (
            pick.choices(("no", "yes"), (15, 1))[0], pick.choices(("no", "yes"), (4, 1))[0],
            str(pick.randint(1, 6)), pick.choice(("no", "yes")), pick.choice(("none", "minor", "not_known")),
        )  # fmt: skip
        harmed = {pick.randrange(len(self.pupils))} if pick.random() < 0.7 else {0}
        values = (network, school, band, race, month, place, *followed)
        return Fact(key, values, frozenset({one}), frozenset({one, *harmed}))

    def found_out(self, said: Said) -> list[str]:
        """What an attacker finds in what is said of the incidents."""
        acted = {one.key: one.acted for one in self.facts}
        rows = [dict(zip(COLUMNS, values, strict=True)) for _key, values in said]
        behind = [acted[key] for key, _values in said]
        enrolled = [pupil[1:] for pupil in self.pupils]
        return small_cells(rows, behind, 2) + told_of_everyone(rows) + unlike_roster(rows, enrolled)


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
