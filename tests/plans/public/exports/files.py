"""A year of files for analysts, held against each other and against the totals of board reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from random import Random

from tests.outcomes.exports.analyst_files.drawn import Drawn, Said
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, LEAST, SUPPRESSED, Fact, released
from wss_cases.outcomes.exports.analyst_files.files.rules import same_months

MONTHS = tuple(date(2026 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(9, 19))
"""September to June."""
REQUESTS = 6
Write = Callable[[Sequence[Fact], int], Said]
Allow = Callable[["Wanted", "Wanted"], bool]
"""Whether months may be given beside others of which they have some."""


@dataclass(frozen=True)
class Wanted:
    """Months that somebody asks for, first and last."""

    first_day: date
    last_day: date

    def months(self) -> list[str]:
        """Return the months as a file says them."""
        return [f"{one:%Y-%m}" for one in MONTHS if self.first_day <= one <= self.last_day]


def files_of_a_year(seed: int, write: Write = released, allow: Allow = same_months) -> tuple[Drawn, dict[Wanted, Said]]:
    """Return a drawn district and what went out of it: requests of all kinds, of which those are given that are allowed
    beside every file that has some of their months."""
    drawn, pick = Drawn(seed, [f"{one:%Y-%m}" for one in MONTHS]), Random(seed)
    given: dict[Wanted, Said] = {}
    for _ in range(REQUESTS):
        wanted = Wanted(*sorted(pick.choices(MONTHS, k=2)))
        if all(allow(wanted, one) for one in given if set(wanted.months()) & set(one.months())):
            facts = [one for one in drawn.facts if one.values[COLUMNS.index("month")] in wanted.months()]
            given[wanted] = write(facts, LEAST)
    return drawn, given


def attack_files(drawn: Drawn, given: dict[Wanted, Said]) -> list[str]:
    """Return what is found in each file beside the totals of its months, and in any two less each other."""
    found = [f"{one.months()}: {line}" for one, said in given.items() for line in drawn.found_out(said)]
    return found + [line for pair in combinations(given.items(), 2) for line in _subtracted(drawn, *pair)]


def _subtracted(drawn: Drawn, one: tuple[Wanted, Said], other: tuple[Wanted, Said]) -> list[str]:
    """Return the counts of fewer than ten that the difference of two files with common months gives exactly."""
    (larger, more), (smaller, less) = sorted((one, other), key=lambda file: -len(file[0].months()))
    if not set(smaller.months()) < set(larger.months()):
        return []
    between = set(larger.months()) - set(smaller.months())
    apart = [fact for fact in drawn.facts if fact.values[COLUMNS.index("month")] in between]
    found = []
    for table in [one for size in (1, 2) for one in combinations(range(len(COLUMNS)), size)]:
        counts = Counter(tuple(values[column] for column in table) for _key, values in more)
        counts.subtract(Counter(tuple(values[column] for column in table) for _key, values in less))
        truth = Counter(tuple(fact.values[column] for column in table) for fact in apart)
        found += [
            f"{cell} in {sorted(between)}: {number}"
            for cell, number in counts.items()
            if SUPPRESSED not in cell and 0 < number < LEAST and truth[cell] == number
        ]
    return found
