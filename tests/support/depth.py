"""How much one run proves.

Without an option: every behaviour once, each test on one database that its own name chooses, in sizes that still catch
what is planted for them. With `--full-cross` (`make prove`): everything on everything."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

BACKENDS = ("sqlite", "postgresql")
BOTH = "both_databases"
"""The marker of a test whose point is the dialect, a lock, a constraint or a migration."""
FULL = "full_cross_only"
"""The marker of what the small depth leaves (a story in the browser, an old migration), with the file that goes on
proving the same, or the mechanism, there."""
ANY = "any_database"
"""The marker, with a reason, of a test that touches such a thing beside its point."""
WIDTH_OF = {"sqlite": "phone", "postgresql": "desk"}
"""A story told in several widths is told in the one that goes with its database: no page knows its database."""

_full = False


def set_full_cross(wanted: bool) -> None:
    """Say once, before any test is collected, which depth this process runs at."""
    global _full
    _full = wanted


def full_cross() -> bool:
    """Whether everything is to be proven on everything."""
    return _full


def examples(small: int, full: int) -> int:
    """Return how many examples, rounds or districts to try: `small` is what still catches the planted bug."""
    return full if _full else small


def in_turn(number: int, turns: int) -> bool:
    """Return whether the small depth looks at this one: one of so many numbers in a row; every one in the full cross.

    What is counted through two lists is numbered by the sum of its places, so that each of either has its turn."""
    return _full or number % turns == 0


def database_of(item: pytest.Item) -> str | None:
    """Return the kind of database a test runs on, None where it uses none."""
    spec = getattr(item, "callspec", None)
    return spec.params.get("backend") if spec else None


def left_to_the_full_cross(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return which of the selected tests only the full cross runs: those that say so, and of a test on both databases
    the one that its name does not choose. What was selected on one database alone is never among the others."""
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        if database := database_of(item):
            told[_story(item)].add(database)
    widths: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if width := _width(item):
            widths[_function(item)].add(width)
    return [item for item in items if _is_left(item, told, widths)]


def _is_left(item: pytest.Item, told: dict[tuple[str, str], set[str]], widths: dict[str, set[str]]) -> bool:
    if item.get_closest_marker(FULL):
        return True
    database = database_of(item)
    if database is None or len(told[_story(item)]) == 1 or item.get_closest_marker(BOTH):
        return False
    width = _width(item)
    if width and len(widths[_function(item)]) > 1:
        chosen = choose(_function(item).rpartition("/")[2])
        return (database, width) != (chosen, WIDTH_OF[chosen])
    return database != choose(_world(item) or "".join(_story(item)))


def choose(name: str) -> str:
    """Return the kind of database that a name chooses, the same in every process: PostgreSQL for one in eight, since a
    test costs half as much again there, and what depends on the database runs on both."""
    return BACKENDS[zlib.crc32(name.encode()) % 8 == 0]


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _story(item: pytest.Item) -> tuple[str, str]:
    """Return a test's own name and its parameters, but for the database: the same wherever its file lies."""
    parts = item.callspec.id.split("-")  # type: ignore[attr-defined]
    parts.remove(database_of(item))
    return _function(item).rpartition("/")[2], "-".join(parts)


def _width(item: pytest.Item) -> str | None:
    """Return the width of a browser story that is told in several, None for any other test."""
    spec = getattr(item, "callspec", None)
    width = spec.id.rpartition("-")[2] if spec else ""
    told = item.get_closest_marker("browser") and database_of(item) and width in WIDTH_OF.values()
    return width if told else None


def _world(item: pytest.Item) -> str | None:
    """Return the name of what several tests share on a database: made once, so these tests stay together."""
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    shared = {
        fixture.scope: f"{item.path.name if fixture.scope == 'module' else ''}:{name}"
        for name in item.fixturenames  # type: ignore[attr-defined]
        for fixture in definitions.get(name, ())[-1:]
        if name != "backend" and fixture.scope != "function" and _on_a_database(fixture, definitions)
    }
    return shared.get("module") or shared.get("session")


def _on_a_database(fixture: pytest.FixtureDef[Any], definitions: Mapping[str, Sequence[Any]]) -> bool:
    return any(
        name == "backend" or any(_on_a_database(other, definitions) for other in definitions.get(name, ())[-1:])
        for name in fixture.argnames
        if name != fixture.argname
    )
