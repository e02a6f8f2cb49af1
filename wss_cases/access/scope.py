"""SQL filters that match the predicates."""

from typing import Any

from sqlalchemy import ColumnElement, false, true

from wss_cases.access.actor import Actor, Role


def in_schools(column: Any, actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """The rows whose school the actor covers with one of these roles; none when no role is held."""
    if actor.is_system or actor.everywhere(*roles):
        return true()
    ids = actor.school_ids(*roles)
    return column.in_(sorted(ids)) if ids else false()
