"""Copying forward takes goals, strategies and steps along, and neither baselines nor progress."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.plans.plan.conftest import fill, of
from wss_cases.foundation.db import db
from wss_cases.plans.plan.answers import PlanAnswer
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.copying import moved_day
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep
from wss_cases.plans.plan.progress import PlanReview, ReviewKind


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 12, 15), date(2027, 12, 15)),
        (date(2027, 6, 1), date(2028, 6, 1)),
        (date(2026, 7, 1), date(2027, 8, 1)),
    ],
)
def test_a_day_moves_with_the_plan_and_stays_in_its_years(day, later):
    assert moved_day(day, "2026-27", "2027-28", "2027-28") == later


def test_the_last_day_of_february_moves_to_a_year_without_one():
    assert moved_day(date(2028, 2, 29), "2027-28", "2028-29", "2028-29") == date(2029, 2, 28)


@pytest.fixture
def old(school, principal):
    """A plan in force with a frozen baseline, a review, a committee and answers."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, standing=True)
    fill(plan, principal)
    taken = {"period_from": date(2025, 8, 1), "period_to": date(2026, 6, 1), "taken_at": plan.started_at}
    frozen = PlanBaseline(measure="incidents", numerator=50, denominator=900, **taken, **of(plan))
    db.session.add(frozen)
    db.session.flush()
    goal = PlanGoalFactory(baseline_id=frozen.id, **of(plan))
    strategy = PlanStrategyFactory(goal_id=goal.id, owner_id=principal.id, **of(plan))
    PlanStepFactory(strategy_id=strategy.id, owner_id=principal.id, **of(plan))
    PlanStepFactory(strategy_id=strategy.id, text="Dropped", removed_on=date(2026, 11, 1), **of(plan))
    db.session.add(
        PlanReview(kind=ReviewKind.MID_YEAR, held_on=date(2026, 11, 20), written_at=plan.started_at, **of(plan))
    )
    db.session.commit()
    return plan


def test_it_takes_new_baselines_and_never_copies_progress(principal, old, client_as):
    client = client_as(principal)
    copied = client.submit(f"/safety-plans/{old.id}/copy", {}, follow=True)
    assert "Copied. 1 goal needs a new baseline." in copied.text
    new = db.session.scalars(select(SchoolPlan).where(SchoolPlan.copied_from_id == old.id)).one()
    assert (new.first_year, new.state, new.council_approved_on) == ("2027-28", PlanState.DRAFT, None)
    goals = db.session.scalars(select(PlanGoal).where(PlanGoal.plan_id == new.id)).all()
    assert len(goals) == 4 and {goal.baseline_id for goal in goals} == {None}
    measured = next(goal for goal in goals if goal.measure)
    assert (measured.target, measured.target_by) == (40.0, date(2028, 6, 1))
    steps = db.session.scalars(select(PlanStep).where(PlanStep.plan_id == new.id)).all()
    assert [(step.text, step.due_on) for step in steps] == [("Train ten more circle keepers", date(2027, 12, 15))]
    for left in (PlanBaseline, PlanReview, PlanMember):
        assert db.session.scalars(select(left.id).where(left.plan_id == new.id)).all() == []
    assert db.session.scalars(select(PlanAnswer.text).where(PlanAnswer.plan_id == new.id)).first() == "We ask everyone."
    assert "No baseline yet" in client.page(f"/safety-plans/{new.id}").text
    assert fresh(old).state is PlanState.IN_FORCE


def test_a_closed_plan_is_copied_too(principal, old, client_as):
    old = fresh(old)
    old.state, old.closed_on = PlanState.CLOSED, date(2026, 11, 1)
    db.session.commit()
    assert client_as(principal).submit(f"/safety-plans/{old.id}/copy", {}).status_code == 303
