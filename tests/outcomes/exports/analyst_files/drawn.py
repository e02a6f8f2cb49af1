"""Drawn districts of incidents, and what an attacker finds in a file that is made of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.outcomes.exports.analyst_files.attack import (
    beside_totals,
    small_cells,
    told_of_everyone,
    unlike_roster,
    withheld_alone,
)
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, Fact

RACES = ("black", "hispanic", "white", "asian", "american_indian")
WEIGHTS = (9, 7, 4, 2, 1)
AUTUMN = ("2026-09", "2026-10", "2026-11")
Said = list[tuple[int, tuple[str, ...]]]


class Drawn:
    """A district: schools of very different sizes, and students some of whom are in very many incidents."""

    def __init__(self, seed: int, months: Sequence[str] = AUTUMN) -> None:
        self.months = months
        self.pick = pick = random.Random(seed)
        self.pupils: list[tuple[str, str, str, str]] = []
        sizes = [(f"Network {number % 3}", pick.choice((6, 12, 40, 150))) for number in range(pick.randint(2, 7))]
        if seed % 3 == 1:  # a large school among many that are too small to be named
            sizes += [("Network 3", size) for size in (40, *(pick.randint(10, 18) for _ in range(pick.randint(5, 8))))]
            pick.shuffle(sizes)
        for number, (network, size) in enumerate(sizes):
            for _ in range(size):
                race = pick.choices(RACES, WEIGHTS)[0]
                self.pupils.append((network, f"School {number}", pick.choice(("3_5", "6_8", "9_12", "9_12")), race))
        self.facts = [self._fact(key) for key in range(pick.randint(15, 700))]

    def _fact(self, key: int) -> Fact:
        pick = self.pick
        # a few students are in most incidents: a count of incidents alone would hide nobody
        one = int(len(self.pupils) * pick.random() ** pick.choice((1, 1, 3)))
        network, school, band, race = self.pupils[one]
        month, place = pick.choice(self.months), pick.choice(("hallway", "bus", "yard", "classroom"))
        followed = (
            pick.choices(("no", "yes"), (pick.choice((4, 15)), 1))[0], pick.choices(("no", "yes"), (4, 1))[0],
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
        facts = {one.key: dict(zip(COLUMNS, one.values, strict=True)) for one in self.facts}
        truth = [facts[key] for key, _values in said]
        alone = small_cells(rows, behind, 2) + told_of_everyone(rows) + unlike_roster(rows, enrolled)
        return alone + withheld_alone(rows, truth) + beside_totals(rows, truth, behind)
