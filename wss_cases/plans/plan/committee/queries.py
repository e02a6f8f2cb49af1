"""Reading the committee of a plan."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.committee.models import PlanMember

load_member = by_id(PlanMember)


def members_of(plan_id: int) -> Sequence[PlanMember]:
    """Return everybody who sits or sat on a plan's committee, by group; the caller has checked the plan."""
    statement = select(PlanMember).where(PlanMember.plan_id == plan_id)
    found = db.session.scalars(statement.order_by(PlanMember.starts_on, PlanMember.id)).all()
    order = {group: number for number, group in enumerate(type(found[0].member_group))} if found else {}
    return sorted(found, key=lambda one: order[one.member_group])


def seats(plan_id: int, day: date) -> int:
    """Return how many entries of a plan's committee sit on a day."""
    sits = or_(PlanMember.ends_on.is_(None), PlanMember.ends_on >= day)
    statement = select(func.count()).where(PlanMember.plan_id == plan_id, PlanMember.starts_on <= day, sits)
    return db.session.scalar(statement) or 0


def get_member(actor: Actor, plan_member_id: int) -> PlanMember:
    """Return one entry that the actor may change. Raises NotFound."""
    member = existing(db.session.get(PlanMember, plan_member_id))
    require(actor, Permission.PLAN_WRITE, member)
    return member
