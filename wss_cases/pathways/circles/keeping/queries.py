"""Reading the circles that somebody leads as a keeper: one, or all of theirs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.leading import led_visible_to
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway


def led_circle(actor: Actor, pathway_id: int, now: datetime) -> Pathway:
    """Return a circle that the actor leads. Raises NotFound."""
    statement = led_visible_to(select(Pathway), actor, today_at(None, now)).where(Pathway.id == pathway_id)
    found: Pathway | None = db.session.scalar(statement)
    return existing(found)


def led_circles(actor: Actor, today: date) -> Sequence[Any]:
    """Return (id, school_id, kind, starts_at, room, mine) of the circles that the actor leads, with the meeting that
    waits, the next first; those without one come last. `mine`: the actor leads that meeting.
    """
    waits = (CircleMeeting.pathway_id == Pathway.id) & CircleMeeting.happened.is_(None)
    columns: Any = select(Pathway.id, Pathway.school_id, Pathway.kind, CircleMeeting.starts_at, CircleMeeting.room)
    statement = led_visible_to(
        columns.add_columns((CircleMeeting.keeper_id == actor.user_id).label("mine")), actor, today
    ).outerjoin(CircleMeeting, waits)
    order = (CircleMeeting.starts_at.is_(None), CircleMeeting.starts_at, Pathway.id)
    return db.session.execute(statement.order_by(*order)).all()
