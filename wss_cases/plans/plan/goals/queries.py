"""Reading goals, strategies and steps of a plan: what was taken out of it is left out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import Base, by_id, db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.templates.models import PlanQuestion
from wss_cases.plans.plan.templates.states import Component

Part = TypeVar("Part", bound=Base)

load_goal, load_strategy, load_step = by_id(PlanGoal), by_id(PlanStrategy), by_id(PlanStep)


@dataclass(frozen=True)
class Tree:
    """Goals of a plan in their order, the strategies of each, and the steps of each of these."""

    goals: Sequence[PlanGoal]
    strategies: Mapping[int, Sequence[PlanStrategy]]
    steps: Mapping[int, Sequence[PlanStep]]


def tree_of(plan_id: int) -> Tree:
    """Return what stands in a plan, in three statements; the caller has checked the plan."""
    goals = db.session.scalars(_standing(PlanGoal, plan_id).order_by(PlanGoal.position, PlanGoal.id)).all()
    strategies: dict[int, list[PlanStrategy]] = defaultdict(list)
    for strategy in db.session.scalars(
        _standing(PlanStrategy, plan_id).order_by(PlanStrategy.position, PlanStrategy.id)
    ):
        strategies[strategy.goal_id].append(strategy)
    steps: dict[int, list[PlanStep]] = defaultdict(list)
    for step in db.session.scalars(_standing(PlanStep, plan_id).order_by(PlanStep.position, PlanStep.id)):
        steps[step.strategy_id].append(step)
    return Tree(goals, strategies, steps)


def without_goal(plan: SchoolPlan) -> list[Component]:
    """Return the components that a plan's template requires and that have no goal; required is one in which any
    question is."""
    asked = select(PlanQuestion.component).where(
        PlanQuestion.template_id == plan.template_id, PlanQuestion.required, PlanQuestion.component.is_not(None)
    )
    written = select(PlanGoal.component).where(PlanGoal.plan_id == plan.id, PlanGoal.removed_on.is_(None))
    missing = set(db.session.scalars(asked.distinct())) - set(db.session.scalars(written.distinct()))
    return [component for component in Component if component in missing]


def without_baseline(plan_id: int) -> Sequence[PlanGoal]:
    """Return the measurable goals of a plan for which no figure is frozen and no survey value entered."""
    statement = _standing(PlanGoal, plan_id).where(
        PlanGoal.measure != "", PlanGoal.baseline_id.is_(None), PlanGoal.survey_value_id.is_(None)
    )
    return db.session.scalars(statement.order_by(PlanGoal.position, PlanGoal.id)).all()


def get_part(actor: Actor, model: type[Part], part_id: int, permission: Permission = Permission.PLAN_WRITE) -> Part:
    """Return a goal, strategy or step that stands in its plan and that the actor may change. Raises NotFound."""
    part: Any = existing(db.session.get(model, part_id))
    require(actor, permission, part)
    if part.removed_on is not None:
        raise NotFound
    found: Part = part
    return found


def _standing(model: Any, plan_id: int) -> Any:
    return select(model).where(model.plan_id == plan_id, model.removed_on.is_(None))
