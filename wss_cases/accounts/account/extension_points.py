"""Places that rooms above fill: what else stands on one's own account's page, and above the list of people."""

from collections.abc import Callable, Sequence
from typing import Any

from wss_cases.access.actor import Actor

Panel = Callable[[Actor], tuple[str, dict[str, Any]] | None]
"""A template and its values as `panel`, or None when there is nothing for this actor."""

_own: list[Panel] = []
_people: list[Panel] = []


def fill_slots(own: Sequence[Panel], people: Sequence[Panel]) -> None:
    """Install what the rooms above provide; called once by `create_app`."""
    _own[:] = own
    _people[:] = people


def own_panels(actor: Actor) -> list[tuple[str, dict[str, Any]]]:
    """Return the panels of a person's own page, in order."""
    return [panel for provider in _own if (panel := provider(actor)) is not None]


def people_panels(actor: Actor) -> list[tuple[str, dict[str, Any]]]:
    """Return the panels above the list of people, in order."""
    return [panel for provider in _people if (panel := provider(actor)) is not None]
