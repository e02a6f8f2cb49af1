"""Reading the money of one plan, beside what its goals aim at."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.outcomes.counting.scope.rules import years_between
from wss_cases.plans.money.funding.queries import funding_by_source
from wss_cases.plans.money.funding.states import FundingSource
from wss_cases.plans.money.resources.models import PlanResource
from wss_cases.plans.money.resources.queries import money_of, resources_of
from wss_cases.plans.money.resources.rules import Money
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy


@dataclass(frozen=True)
class PlanMoney:
    """The money of a plan: what the school has for its years by source, its resources, and the money of each."""

    funding: dict[FundingSource, int]
    resources: list[PlanResource]
    money: dict[int, Money]

    @property
    def funded(self) -> int:
        """All that the school has for the years of the plan, in cents."""
        return sum(self.funding.values())

    @property
    def total(self) -> Money:
        """Planned, committed and spent of all resources."""
        return sum(self.money.values(), Money())

    @property
    def used(self) -> int:
        """What is no longer free, resource by resource, in cents."""
        return sum(one.used for one in self.money.values())

    @property
    def left(self) -> int:
        """What of the funding is neither committed nor spent, in cents; below 0 where more is."""
        return self.funded - self.used


def money_of_plan(actor: Actor, plan: SchoolPlan) -> PlanMoney:
    """Return the money of a plan that the caller has checked."""
    resources = list(resources_of(actor, plan.id))
    years = years_between(plan.first_year, plan.last_year)
    funding = funding_by_source(actor, [plan.school_id], years).get(plan.school_id, {})
    return PlanMoney(funding, resources, money_of(actor, [one.id for one in resources]))


def goals_with_strategies(actor: Actor, plan_id: int) -> list[tuple[PlanGoal, list[PlanStrategy]]]:
    """Return the goals of a plan with their strategies, in their order."""
    of_plan: Select[Any] = select(PlanGoal).where(
        PlanGoal.plan_id == plan_id, PlanGoal.removed_on.is_(None), in_schools(PlanGoal.school_id, actor, *PLAN_READERS)
    )
    goals = db.session.scalars(of_plan.order_by(PlanGoal.component, PlanGoal.position, PlanGoal.id)).all()
    of_goals = select(PlanStrategy).where(PlanStrategy.plan_id == plan_id, PlanStrategy.removed_on.is_(None))
    strategies = db.session.scalars(of_goals.order_by(PlanStrategy.position, PlanStrategy.id)).all()
    return [(goal, [one for one in strategies if one.goal_id == goal.id]) for goal in goals]
