"""Reading reviews, and what each goal of a plan comes to now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.outcomes.counting.scope.rules import scope_of, year_before
from wss_cases.plans.measures import PLAN_MEASURES, Figure, figures
from wss_cases.plans.plan.baselines import PlanBaseline, SurveyValue, rows_by_id
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import visible_to
from wss_cases.plans.plan.goals.queries import Direction, PlanGoal
from wss_cases.plans.plan.progress import PlanReview, PlanReviewGoal
from wss_cases.plans.plan.templates import Component


@dataclass(frozen=True)
class Standing:
    """A goal's baseline, and what its measure comes to now; None where it is not measured or not known."""

    then: Figure | None
    now: Figure | None


def reviews_of(plan_id: int) -> Sequence[PlanReview]:
    """The reviews of a plan, the newest first; the caller has checked the plan."""
    statement = select(PlanReview).where(PlanReview.plan_id == plan_id)
    return db.session.scalars(statement.order_by(PlanReview.held_on.desc(), PlanReview.id.desc())).all()


def get_review(actor: Actor, plan_review_id: int) -> tuple[PlanReview, SchoolPlan]:
    """A review with its plan. Raises NotFound."""
    found: tuple[PlanReview, SchoolPlan] = _with_plan(actor, PlanReview, plan_review_id)
    return found


def get_review_goal(actor: Actor, plan_review_goal_id: int) -> tuple[PlanReviewGoal, SchoolPlan]:
    """One goal of a review with its plan. Raises NotFound."""
    found: tuple[PlanReviewGoal, SchoolPlan] = _with_plan(actor, PlanReviewGoal, plan_review_goal_id)
    return found


def _with_plan(actor: Actor, model: Any, number: int) -> Any:
    statement = select(model, SchoolPlan).join(SchoolPlan, SchoolPlan.id == model.plan_id).where(model.id == number)
    found = existing(db.session.execute(visible_to(statement, actor)).first())
    return found[0], found[1]


def goals_of(review_id: int) -> list[tuple[PlanReviewGoal, PlanGoal]]:
    """The goals of a review as they were copied into it, each with the goal, in the plan's order."""
    statement = (
        select(PlanReviewGoal, PlanGoal)
        .join(PlanGoal, PlanGoal.id == PlanReviewGoal.goal_id)
        .where(PlanReviewGoal.review_id == review_id)
    )
    found = db.session.execute(statement.order_by(PlanGoal.position, PlanGoal.id)).all()
    order = list(Component)
    return sorted(((row[0], row[1]) for row in found), key=lambda pair: order.index(pair[1].component))


def standings(actor: Actor, plan: SchoolPlan, goals: Iterable[PlanGoal], today: date) -> dict[int, Standing]:
    """Then and now of goals, by id: now is the school year until today, and of a survey its newest value."""
    goals = list(goals)
    first, end = school_year_bounds(school_year(today))
    measured = [measure for measure in dict.fromkeys(goal.measure for goal in goals) if measure in PLAN_MEASURES]
    now = figures(actor, plan.school_id, measured, first, end, today)
    frozen = rows_by_id(PlanBaseline, [goal.baseline_id for goal in goals])
    surveys = rows_by_id(SurveyValue, [goal.survey_value_id for goal in goals])
    found = {}
    for goal in goals:
        baseline, survey = frozen.get(goal.baseline_id), surveys.get(goal.survey_value_id)
        if survey is not None:
            found[goal.id] = Standing(Figure(survey.value), _newer(survey))
        else:
            then = Figure(baseline.numerator, baseline.denominator) if baseline is not None else None
            found[goal.id] = Standing(then, now.get(goal.measure))
    return found


def same_days_before(actor: Actor, plan: SchoolPlan, measures: Iterable[str], on: date) -> dict[str, Figure]:
    """What measures came to on the same days of the school year before a day: until then a year is not over,
    and is compared with nothing longer."""
    scope = scope_of(plan.school_id, school_year(on), on)
    assert scope is not None
    before = year_before(scope)
    wanted = [measure for measure in dict.fromkeys(measures) if measure in PLAN_MEASURES]
    return figures(actor, plan.school_id, wanted, before.first, before.last, on)


def _newer(survey: SurveyValue) -> Figure | None:
    """The newest value of the same survey and scale after a goal's own."""
    later = select(SurveyValue.value).where(
        SurveyValue.plan_id == survey.plan_id,
        SurveyValue.instrument == survey.instrument,
        SurveyValue.scale == survey.scale,
        SurveyValue.school_year > survey.school_year,
    )
    value = db.session.scalar(later.order_by(SurveyValue.school_year.desc(), SurveyValue.id.desc()).limit(1))
    return None if value is None else Figure(value)


def statement_of(goal_id: int) -> str:
    """The text of a goal; the caller has checked its plan."""
    return db.session.get_one(PlanGoal, goal_id).statement


def is_reached(direction: Direction | None, now: float | None, target: float | None) -> bool | None:
    """Whether a goal's target is reached; None where a figure is not known. To hold is to be no further off than 5
    percent of the target."""
    if direction is None or now is None or target is None:
        return None
    if direction is Direction.UP:
        return now >= target
    if direction is Direction.DOWN:
        return now <= target
    return abs(now - target) <= abs(target) * 0.05
