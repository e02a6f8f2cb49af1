"""Reading the steps of a plan, each with how it stands as a follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import visible_to
from wss_cases.plans.plan.goals.queries import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.templates import Component


@dataclass(frozen=True)
class StepRow:
    """One step: what, under which component and strategy, by whom and by when, and how it stands.

    Of a plan that is not in force nobody is asked yet: `follow_up_id` and `state` are None.
    """

    id: int
    text: str
    evidence_required: str
    component: Component
    strategy: str
    planned_on: date
    owner_id: int | None
    owner: str
    follow_up_id: int | None
    state: FollowUpState | None
    due_on: date
    closed_on: date | None
    outcome: str
    evidence: str


def steps_of(actor: Actor, plan_id: int) -> list[StepRow]:
    """Return the steps of a plan that the actor may see, by component, goal and strategy, in one query."""
    asked, planned = UserAccount.__table__.alias("asked"), UserAccount.__table__.alias("planned")
    columns: Any = (
        PlanStep, PlanGoal.component, PlanStrategy.then_words, FollowUp.id, FollowUp.state, FollowUp.due_on,
        FollowUp.closed_on, FollowUp.outcome, FollowUp.outcome_note, FollowUp.owner_id, asked.c.name, planned.c.name,
    )  # fmt: skip
    statement = (
        visible_to(select(*columns), actor)
        .select_from(PlanStep)
        .join(SchoolPlan, SchoolPlan.id == PlanStep.plan_id)
        .join(PlanStrategy, PlanStrategy.id == PlanStep.strategy_id)
        .join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
        .outerjoin(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .outerjoin(asked, asked.c.id == FollowUp.owner_id)
        .outerjoin(planned, planned.c.id == PlanStep.owner_id)
        .where(PlanStep.plan_id == plan_id, PlanStep.removed_on.is_(None))
    )
    rows = [_row(*found) for found in db.session.execute(statement.order_by(*_in_order()))]
    order = list(Component)
    return sorted(rows, key=lambda row: order.index(row.component))


def _in_order() -> tuple[Any, ...]:
    return (PlanGoal.position, PlanStrategy.position, PlanStep.position, PlanStep.id)


def _row(
    step: PlanStep, component: Component, strategy: str, follow_up_id: int | None, state: FollowUpState | None,
    due_on: date | None, closed_on: date | None, outcome: str | None, note: str | None, asked_id: int | None,
    asked: str | None, planned: str | None,
) -> StepRow:  # fmt: skip
    is_asked = follow_up_id is not None
    return StepRow(
        id=step.id,
        text=step.text,
        evidence_required=step.evidence_required,
        component=component,
        strategy=strategy,
        planned_on=step.due_on,
        owner_id=asked_id if is_asked else step.owner_id,
        owner=(asked if is_asked else planned) or "",
        follow_up_id=follow_up_id,
        state=state,
        due_on=due_on or step.due_on,
        closed_on=closed_on,
        outcome=outcome or "",
        evidence=note or "",
    )


def get_step(actor: Actor, follow_up_id: int) -> tuple[FollowUp, PlanStep]:
    """Return a step that somebody is asked for, with its follow-up, that the actor may see. Raises NotFound."""
    row = get_follow_up(actor, follow_up_id)
    step = db.session.get(PlanStep, row.plan_step_id) if row.plan_step_id is not None else None
    if step is None:
        raise NotFound
    return row, step


def overdue_counts(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return how many steps are overdue on a day, by plan; for callers that checked the plans."""
    statement = (
        select(PlanStep.plan_id, func.count())
        .join(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .where(PlanStep.plan_id.in_(sorted(plan_ids)), FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < today)
        .group_by(PlanStep.plan_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
