"""A place that rooms above fill: what else stands on a report's page."""

from collections.abc import Callable, Sequence
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.incidents.incident.models import Incident

Panel = Callable[[Actor, Incident], tuple[str, dict[str, Any]] | None]
"""A template and its values as `panel`, or None when there is nothing for this actor."""

_panels: list[Panel] = []


def fill_slots(panels: Sequence[Panel]) -> None:
    """Install what the rooms above provide; called once by `create_app`."""
    _panels[:] = panels


def panels_for(actor: Actor, incident: Incident) -> list[tuple[str, dict[str, Any]]]:
    """Return the panels of a report's page, in order; the caller has checked the report."""
    return [panel for provider in _panels if (panel := provider(actor, incident)) is not None]
