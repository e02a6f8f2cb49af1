"""Who leads a circle as its keeper and sees it alone: a coordinator, or trained staff beside one. Never the case."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, not_, or_, select

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import keeper_ids
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.routing.engine.pages import Pathway as Family
from wss_cases.training.records.queries import TrainingRecord, keeping_counts_on


@dataclass(frozen=True)
class KeptCircle:
    """A circle as it is asked whether somebody leads it: its school, whether it goes on, who keeps it, and who of them
    is trained on the day.
    """

    school_id: int
    goes_on: bool
    keeper_ids: frozenset[int]
    trained_ids: frozenset[int]


def may_lead_as(roles: Collection[Role]) -> bool:
    """Whether somebody trained, with these roles at a school, may lead a meeting of its circles: any staff but who
    decides discipline there.
    """
    return bool(STAFF & set(roles)) and not DECIDE & set(roles)


def leads_circle(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle while it goes on, decides no discipline at its school, and is a coordinator there, or
    works there and is trained. A `KeptCircle`.
    """
    if not circle.goes_on or actor.user_id not in circle.keeper_ids or actor.covers(circle.school_id, *DECIDE):
        return False
    trained = actor.user_id in circle.trained_ids and actor.covers(circle.school_id, *STAFF)
    return trained or actor.covers(circle.school_id, Role.COORDINATOR)


def kept_circle(pathway_id: int, day: date) -> KeptCircle:
    """Return a circle as `leads_circle` takes it, as of a day. Raises NotFound."""
    row = existing(db.session.get(Pathway, pathway_id))
    keepers = keeper_ids([row.id]).get(row.id, frozenset())
    trained = select(TrainingRecord.user_id).where(TrainingRecord.user_id.in_(sorted(keepers)), keeping_counts_on(day))
    ids = frozenset(db.session.scalars(trained)) if keepers else keepers
    return KeptCircle(row.school_id, row.pathway == Family.CIRCLE and row.state in LIVE, keepers, ids)


def leads_now(actor: Actor, pathway_id: int, now: datetime) -> bool:
    """Whether the actor leads a circle at an instant."""
    return can(actor, Permission.CIRCLE_LEAD, kept_circle(pathway_id, today_at(None, now)))


def led_visible_to(statement: Select[Any], actor: Actor, today: date) -> Select[Any]:
    """Narrow a select of pathways to the circles that the actor leads; `leads_circle` says the same of one."""
    keeps = select(CircleKeeper.id).where(
        CircleKeeper.pathway_id == Pathway.id, CircleKeeper.user_id == actor.user_id, CircleKeeper.ended_at.is_(None)
    )
    trained = select(TrainingRecord.id).where(TrainingRecord.user_id == actor.user_id, keeping_counts_on(today))
    return statement.where(
        Pathway.pathway == Family.CIRCLE,
        Pathway.state.in_(LIVE),
        keeps.exists(),
        not_(in_schools(Pathway.school_id, actor, *DECIDE)),
        or_(
            in_schools(Pathway.school_id, actor, Role.COORDINATOR),
            and_(in_schools(Pathway.school_id, actor, *STAFF), trained.exists()),
        ),
    )
