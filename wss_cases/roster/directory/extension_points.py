"""Places that rooms above fill: who comes first in a search, and what else stands on a student's page."""

from collections.abc import Callable, Sequence
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.roster.directory.models import Student

Recent = Callable[[Actor, int], Sequence[int]]
"""Ids of students whom the actor met lately at a school, newest first."""

Panel = Callable[[Actor, Student], tuple[str, dict[str, Any]] | None]
"""A template and its values as `panel`, or None when there is nothing for this actor."""

_recent: list[Recent] = []
_panels: list[Panel] = []


def fill_slots(recent: Sequence[Recent], panels: Sequence[Panel]) -> None:
    """Install what the rooms above provide; called once by `create_app`."""
    _recent[:] = recent
    _panels[:] = panels


def recent_students(actor: Actor, school_id: int) -> list[int]:
    """Return ids of students to show first."""
    return [student_id for provider in _recent for student_id in provider(actor, school_id)]


def panels_for(actor: Actor, student: Student) -> list[tuple[str, dict[str, Any]]]:
    """Return the panels of a student's page, in order."""
    return [panel for provider in _panels if (panel := provider(actor, student)) is not None]
