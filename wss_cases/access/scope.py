"""SQL filters that say the same as the predicates."""

from typing import Any

from sqlalchemy import ColumnElement, false, true

from wss_cases.access.actor import Actor, Role


def in_schools(column: Any, actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """Rows whose school the actor reaches with one of these roles; none when no role is held."""
    if actor.is_system or actor.everywhere(*roles):
        return true()
    ids = actor.school_ids(*roles)
    return column.in_(sorted(ids)) if ids else false()
