"""A place that a room above fills: below what size no group of students is shown."""

from collections.abc import Callable
from typing import Protocol

from wss_cases.routing.replay.group_shares import Fewest


class Minimums(Protocol):
    """The district's setting: the fewest in a cell, and in a group."""

    @property
    def cell(self) -> int:
        """In a cell."""

    @property
    def group(self) -> int:
        """In a group."""


_minimums: list[Callable[[str], Minimums]] = []


def fill_minimums(minimums_of: Callable[[str], Minimums]) -> None:
    """Install what tells the minimums of a school year; called once by `create_app`."""
    _minimums[:] = [minimums_of]


def fewest_of(year: str) -> Fewest:
    """Return below what size a group is withheld in a school year."""
    found = _minimums[0](year)
    return Fewest(parts=found.group, cell=found.cell)
