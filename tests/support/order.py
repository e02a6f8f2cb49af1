"""In which order the workers of a run take the tests: what takes long first, what is short last, to be shared out then.

xdist gives each worker an equal number of tests in a row, and whoever is done takes from the end of another's row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain, groupby
from typing import TypeVar

import pytest

from tests.support.depth import database_of

LONG = 1.0
"""Seconds from which a test is begun early."""
SECONDS = {"new_visitor": 8.0, "browser": 8.0, "live_system": 4.0, "live_server": 4.0, "demo_database": 3.0,
           "empty_database": 2.0, "database": 2.0, "databases": 3.0, "visits": 1.0, "posting_forms": 1.0}  # fmt: skip
"""What a test takes about that asks for this by itself or through a fixture of its own module or folder."""
EXPECTED = 0.2
ON_POSTGRESQL = 1.5
"""Times as long as on SQLite."""
TOO = "postgresql_too"
"""The marker of a test on SQLite that asks for PostgreSQL beside it."""
SHARED = {"demo_database", "databases", "visits", "posting_forms"}
"""What the first to ask for it makes, while the others wait."""
Test = TypeVar("Test")


def seconds(item: pytest.Item) -> float:
    """Return about how long a test takes, by the fixtures it stands on; every database stands on `databases`, so that
    counts only where a test or a fixture beside it asks for it."""
    longest = max((SECONDS[name] for name in _asked(item) if name in SECONDS), default=EXPECTED)
    return longest * (ON_POSTGRESQL if wants_a_server(item) else 1.0)


def _asked(item: pytest.Item) -> set[str]:
    info = item._fixtureinfo  # type: ignore[attr-defined]
    asked = set(info.argnames)
    for name in item.fixturenames:  # type: ignore[attr-defined]
        for fixture in info.name2fixturedefs.get(name, ())[-1:]:
            if fixture.baseid not in ("", "tests"):
                asked.update(fixture.argnames)
    return asked


def shares(item: pytest.Item) -> bool:
    return not SHARED.isdisjoint(_asked(item))


def wants_a_server(item: pytest.Item) -> bool:
    return database_of(item) == "postgresql" or item.get_closest_marker(TOO) is not None


def in_rows(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests in the order in which so many workers should be given them; those of a module that run on one
    database stay together, for what they share."""
    groups = [list(group) for _, group in groupby(items, lambda item: (item.path, database_of(item)))]
    return rows(groups, seconds, workers, shares, wants_a_server)


def rows(
    groups: Sequence[Sequence[Test]],
    cost: Callable[[Test], float],
    workers: int,
    shared: Callable[[Test], bool] = lambda _test: False,
    served: Callable[[Test], bool] = lambda _test: False,
) -> list[Test]:
    """Return what is in the groups as equally long rows, one after the other: in each first groups with something long,
    the longest first and about as much in each row, then the short ones. What stands on something shared comes first
    in the first row and later in the others, whose workers would wait until the first has made it. What wants a server
    is begun early too, in as few rows as hold it."""
    costs = [sum(map(cost, group)) for group in groups]
    numbers = sorted(range(len(groups)), key=lambda number: -costs[number])
    kept = [number for number in numbers if any(map(served, groups[number]))]
    long = [number for number in numbers if number not in set(kept) and max(map(cost, groups[number])) >= LONG]
    holding = math.ceil(sum(costs[number] for number in kept) / (sum(costs) or 1) * workers) or 1
    given: list[list[Sequence[Test]]] = [[] for _ in range(workers)]
    load = [0.0] * workers
    for number, among in chain(((number, holding) for number in kept), ((number, workers) for number in long)):
        least = load.index(min(load[:among]))
        given[least].append(groups[number])
        load[least] += costs[number]
    for number, row_of_groups in enumerate(given):
        row_of_groups.sort(key=lambda group: (any(map(shared, group)) == (number > 0), max(map(cost, group)) < LONG))
    dealt = [list(chain.from_iterable(row_of_groups)) for row_of_groups in given]
    early = {*kept, *long}
    short = list(chain.from_iterable(group for number, group in enumerate(groups) if number not in early))
    left = len(short) + sum(map(len, dealt))
    for number, row in enumerate(dealt):
        missing = max(0, left // (workers - number) - len(row))
        row += short[:missing]
        del short[:missing]
        left -= len(row)
    return [*chain.from_iterable(dealt), *short]
