"""What the demo school has done for its plan since it came into force: a step done, a review begun."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.demo.story.world import World
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.plans.plan.core.queries import standing_plan
from wss_cases.plans.plan.goals.queries import PlanStep
from wss_cases.plans.plan.progress import Rating, ReviewKind
from wss_cases.plans.review.pages import rate_goal, start_review
from wss_cases.plans.review.queries import goals_of
from wss_cases.plans.steps.pages import Shown, record_step

EVIDENCE = "Twelve places, listed with students, each with a date; the list hangs in the main office."


def add_plan_progress(world: World, now: datetime) -> None:
    """Let head and coordinator of the demo school work on its plan: one step stays overdue, one is done."""
    place, today = world.places[0], world.day(now)
    plan = standing_plan(place.id)
    assert plan is not None, "the demo school's plan is in force"
    plan_id, head = plan.id, world.calls(place.head, now)
    asked = (
        select(FollowUp.id)
        .join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        .where(PlanStep.plan_id == plan_id, FollowUp.state == FollowUpState.OPEN, FollowUp.due_on > today)
    )
    step_id = db.session.scalars(asked.order_by(FollowUp.due_on, FollowUp.id).limit(1)).one()
    record_step(world.calls(place.coordinator, now), step_id, "done", Shown(today, EVIDENCE), anyway=True)
    review_id = start_review(head, plan_id, ReviewKind.MID_YEAR, today)
    goal_id = goals_of(review_id)[0][0].id
    changes = "A third adult at dismissal on Fridays."
    rate_goal(world.calls(place.coordinator, now), goal_id, Rating.ON_TRACK, changes, anyway=True)
