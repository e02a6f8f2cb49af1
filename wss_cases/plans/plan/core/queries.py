"""The tiers that a district sorts its schools' plans into: a setting, since policies differ and ours is unconfirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.plans.plan.core.models import BLOCKED_BY, STANDING, TRANSITIONS, Block, Outdated, PlanState, SchoolPlan
from wss_cases.plans.plan.templates import Component

PLAN_READERS: Final = (*sorted(CASE_TEAM), Role.DISTRICT)
"""Deans, coordinators and administrators of the school, and who administers the district or its network."""

LONGEST_TERM: Final = 3
"""School years that one plan may be for."""


@dataclass(frozen=True)
class PlanFacts:
    """What decides where a plan may go. `unanswered`: required questions without an answer, by component."""

    has_lead: bool = False
    members: int = 0
    unanswered: Mapping[Component | None, int] = field(default_factory=dict)
    without_goal: Sequence[Component] = ()
    without_baseline: int = 0
    council_approved: bool = False
    has_begun: bool = False
    is_over: bool = False
    has_annual_review: bool = False


def holds(facts: PlanFacts, block: Block) -> bool:
    """Whether this stands in the way."""
    return {
        Block.LEAD: not facts.has_lead,
        Block.COMMITTEE: facts.members == 0,
        Block.QUESTIONS: any(facts.unanswered.values()),
        Block.GOALS: bool(facts.without_goal),
        Block.COUNCIL: not facts.council_approved,
        Block.BASELINES: facts.without_baseline > 0,
        Block.EARLY: not facts.has_begun,
        Block.OVER: facts.is_over,
        Block.REVIEW: not facts.has_annual_review,
    }[block]


def blocks(facts: PlanFacts, target: PlanState) -> list[Block]:
    return [block for block in BLOCKED_BY[target] if holds(facts, block)]


def may_follow(state: PlanState, target: PlanState) -> bool:
    """Whether a person may move a plan from one state to another at all."""
    return target in TRANSITIONS[state]


def way_forward(state: PlanState) -> PlanState | None:
    """Return the next state on the way, None at its end."""
    return TRANSITIONS[state][0] if TRANSITIONS[state] else None


def outdated(template_id: int, newest_template_id: int, last_year: str, this_year: str) -> list[Outdated]:
    """Return why a plan is out of date: a newer template is in force, or its last school year is over."""
    reasons = {Outdated.TEMPLATE: template_id != newest_template_id, Outdated.OVER: last_year < this_year}
    return [reason for reason, is_so in reasons.items() if is_so]


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


FIRST_TIERS: Final = ("Tier 1", "Tier 2", "Tier 3")


def read_tiers(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


PLAN_TIERS: Final = StoredSetting("plans.tiers", read_tiers, fixed(FIRST_TIERS))
