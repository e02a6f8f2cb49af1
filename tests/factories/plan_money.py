"""Money of safety plans, for tests; give `school_id`, and of resources `plan_id` and `strategy_id` too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.base import Factory
from tests.factories.plans import PlanGoalFactory, PlanStrategyFactory, SchoolPlanFactory
from wss_cases.plans.money.funding.models import Funding, FundingSource
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceEntry, ResourceKind
from wss_cases.plans.plan.goals.models import PlanStrategy

MADE = datetime(2026, 9, 1, 15, tzinfo=UTC)


class FundingFactory(Factory):
    """$1,000 of the district for 2026-27."""

    class Meta:
        model = Funding

    school_year = "2026-27"
    source = FundingSource.DISTRICT
    amount_cents = 100_000
    note = ""
    made_at = MADE


class PlanResourceFactory(Factory):
    """Training that is planned with $500."""

    class Meta:
        model = PlanResource

    kind = ResourceKind.TRAINING
    title = "Circle keeper training"
    job_code = ""
    planned_cents = 50_000
    made_at = MADE


class ResourceEntryFactory(Factory):
    """$100 spent; give `resource_id`."""

    class Meta:
        model = ResourceEntry

    kind = EntryKind.SPENT
    amount_cents = 10_000
    on_day = date(2026, 9, 1)
    note = ""
    made_at = MADE


def make_strategy(school: Any, lead: Any, **plan: Any) -> PlanStrategy:
    """Return a strategy of a goal of a plan that is in force at a school."""
    of_plan = SchoolPlanFactory(school_id=school.id, lead_id=lead.id, standing=True, **plan)
    goal = PlanGoalFactory(school_id=school.id, plan_id=of_plan.id)
    strategy: PlanStrategy = PlanStrategyFactory(school_id=school.id, plan_id=of_plan.id, goal_id=goal.id)
    return strategy


def make_resource(strategy: PlanStrategy, **resource: Any) -> PlanResource:
    placed = {"school_id": strategy.school_id, "plan_id": strategy.plan_id, "strategy_id": strategy.id}
    made: PlanResource = PlanResourceFactory(**placed, **resource)
    return made
