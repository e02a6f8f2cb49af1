"""Reading what waits for a network's deputy; lists start from what the actor may see."""

from typing import Any, TypeVar

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.journal.extension_points import for_deputy
from wss_cases.journal.rooms import ForDeputy

Statement = TypeVar("Statement", bound=Select[Any])
MOST = 100

load_look = by_id(DeputyLook)


def visible_to(statement: Statement, actor: Actor) -> Statement:
    """Keep the looks that name this person of the district."""
    return statement.where(
        DeputyLook.deputy_id == actor.user_id, in_schools(DeputyLook.school_id, actor, Role.DISTRICT)
    )


def waiting_for(actor: Actor) -> list[tuple[DeputyLook, ForDeputy]]:
    """Return what waits for this person and what of it they must know, the oldest first."""
    statement = visible_to(select(DeputyLook).where(DeputyLook.taken_at.is_(None)), actor)
    looks = db.session.scalars(statement.order_by(DeputyLook.id).limit(MOST)).all()
    return [(look, asked) for look in looks if (asked := asked_of(look)) is not None]


def asked_of(look: DeputyLook) -> ForDeputy | None:
    """Return what the deputy must know of what waits; None once it is decided."""
    return for_deputy(look.object_type, look.object_id) if look.taken_at is None else None
