"""Reading plans: which ones the actor may see, one of them, and the one that stands at a school."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import STANDING

load_plan = by_id(SchoolPlan)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(SchoolPlan.school_id, actor, *PLAN_READERS))


def get_plan(actor: Actor, school_plan_id: int) -> SchoolPlan:
    """Return one plan. Raises NotFound."""
    statement = visible_to(select(SchoolPlan), actor).where(SchoolPlan.id == school_plan_id)
    found: SchoolPlan | None = db.session.scalar(statement)
    return existing(found)


def writable_plan(actor: Actor, school_plan_id: int) -> SchoolPlan:
    """Return one plan that the actor may write to. Raises NotFound."""
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_WRITE, plan)
    return plan


def plans_of(actor: Actor, school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that the actor may see, those of the latest years first."""
    statement = visible_to(select(SchoolPlan), actor).where(SchoolPlan.school_id == school_id)
    latest = (SchoolPlan.first_year.desc(), SchoolPlan.number.desc())
    found: Sequence[SchoolPlan] = db.session.scalars(statement.order_by(*latest)).all()
    return found


def standing_plan(school_id: int) -> SchoolPlan | None:
    """Return the plan that is in force at a school, reviewed or not; the caller has checked the school."""
    statement = select(SchoolPlan).where(SchoolPlan.school_id == school_id, SchoolPlan.state.in_(STANDING))
    return db.session.scalars(statement).one_or_none()
