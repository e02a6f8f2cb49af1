"""A school with its people, and a plan of it: one goal under each component, a strategy, and steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.followups.reminders.making import Place, make_place
from wss_cases.access.actor import SYSTEM
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import STANDING, PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanStep
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.steps import plan_moved

NOW = datetime(2026, 11, 2, 16, tzinfo=UTC)
DUE = date(2026, 11, 16)


@dataclass
class Planning:
    """A school with people in each part, its plan, and the goal and strategy of each component."""

    place: Place
    plan: Any
    goals: dict[Component, Any] = field(default_factory=dict)
    strategies: dict[Component, Any] = field(default_factory=dict)

    @property
    def of_plan(self) -> dict[str, int]:
        """What every row of the plan names."""
        return {"school_id": self.plan.school_id, "plan_id": self.plan.id}

    def step(
        self, due_on: date = DUE, part: Component = Component.TRUST, owner: str | None = "owner", **more: Any
    ) -> Any:
        """Write a step into the plan."""
        owner_id = self.place.ids[owner] if owner else None
        values = {"text": "Train two keepers", "owner_id": owner_id, "due_on": due_on, **self.of_plan} | more
        return PlanStepFactory(strategy_id=self.strategies[part].id, **values)

    def ask(self, now: datetime = NOW) -> None:
        """Let the steps become follow-ups, as when the plan came into force."""
        db.session.commit()
        with unit_of_work(SYSTEM, now) as uow:
            plan_moved(uow, uow.session.get_one(SchoolPlan, self.plan.id))
            uow.no_audit()

    def asked(self) -> list[Any]:
        """The follow-ups of the plan's steps, the oldest first."""
        db.session.expire_all()
        of_plan = select(FollowUp).join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        wanted = of_plan.where(PlanStep.plan_id == self.plan.id).order_by(FollowUp.id)
        return list(db.session.scalars(wanted))


def make_plan(place: Place | None = None, state: PlanState = PlanState.IN_FORCE, **more: Any) -> Planning:
    """Return a plan of a school, in force unless said otherwise, led by its lead."""
    place = place or make_place()
    values = {"lead_id": place.ids["lead"], "standing": state in STANDING, "state": state} | more
    made = Planning(place, SchoolPlanFactory(school_id=place.school.id, **values))
    for number, part in enumerate(Component):
        made.goals[part] = PlanGoalFactory(component=part, position=number, **made.of_plan)
        made.strategies[part] = PlanStrategyFactory(goal_id=made.goals[part].id, **made.of_plan)
    return made
