"""Who may know that a student needs housing support: the school's coordinators, and no dean or administrator.

Every room that shows a pathway, follow-up or roster fact that reveals it asks here.
"""

from typing import Any

from sqlalchemy import ColumnElement

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools

KNOW = frozenset({Role.COORDINATOR})
"""Who at a school may know of it."""


def may_know_of_housing(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor may know of a need for housing support at this school."""
    return actor.is_system or actor.covers(school_id, *KNOW)


def housing_known_at(column: Any, actor: Actor) -> ColumnElement[bool]:
    """The same as a condition on a column of schools."""
    return in_schools(column, actor, *KNOW)
