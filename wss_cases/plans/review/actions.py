"""Reviewing a plan: begun with what was then and is now, rated goal by goal, closed when every goal is."""

from datetime import date

from sqlalchemy import func, select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.measures.rules import is_too_small
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import STANDING
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.reviews.models import PlanReview, PlanReviewGoal
from wss_cases.plans.plan.reviews.states import Rating, ReviewKind
from wss_cases.plans.review.queries import Standing, standings
from wss_cases.plans.review.rules import lacking
from wss_cases.roster.names.queries import refuse_names


@use_case
def start_review(uow: UnitOfWork, school_plan_id: int, kind: ReviewKind | None, held_on: date | None) -> int:
    """Begin a review of a plan in force: each goal comes with its baseline, its figure now and its target.

    Returns the id of the review. Raises NotFound, Refused naming the field.
    """
    plan = uow.load(SchoolPlan, school_plan_id, Permission.PLAN_WRITE)
    today = today_at(plan.school_id, uow.now)
    _check(uow, plan, kind, held_on, today)
    standing = select(PlanGoal).where(PlanGoal.plan_id == plan.id, PlanGoal.removed_on.is_(None))
    goals = list(uow.session.scalars(standing.order_by(PlanGoal.id)))
    if not goals:
        raise Refused("", _("This plan has no goals to review."))
    of_plan = {"plan_id": plan.id, "school_id": plan.school_id}
    review = PlanReview(
        kind=kind, held_on=held_on, written_at=uow.now, written_by_id=uow.actor.user_id, summary="", **of_plan
    )
    uow.add(review)
    uow.record(review, "plan.review_started", kind=review.kind.value)
    found, fewest = standings(uow.actor, plan, goals, today), smallest_groups(school_year(today)).cell
    for goal in goals:
        uow.session.add(_copied(review, goal, found[goal.id], fewest))
    uow.session.flush()
    return review.id


@use_case
def rate_goal(
    uow: UnitOfWork, plan_review_goal_id: int, rating: Rating | None, what_changes: str, anyway: bool = False
) -> int:
    """Rate a goal at an open review, with what changes because of it. Raises NotFound, Stale, Refused, also, unless
    `anyway`, for what may name a student."""
    row = uow.load(PlanReviewGoal, plan_review_goal_id, Permission.PLAN_WORK, uow.version)
    _open_review(uow, row.review_id)
    if lacks := lacking(rating, what_changes):
        raise Refused(*lacks)
    refuse_names(row.school_id, anyway, what_changes)
    row.rating, row.what_changes = rating, what_changes.strip()
    uow.record(row, "plan.goal_rated", rating=row.rating.value if row.rating else "")
    return row.id


@use_case
def close_review(uow: UnitOfWork, plan_review_id: int, summary: str, anyway: bool = False) -> int:
    """Close a review in which every goal is rated; it changes no more afterwards. Raises NotFound, Stale, Refused,
    and that, unless `anyway`, for what may name a student."""
    review = uow.load(PlanReview, plan_review_id, Permission.PLAN_WRITE, uow.version)
    _open_review(uow, review.id)
    open_goals = select(func.count()).where(PlanReviewGoal.review_id == review.id, PlanReviewGoal.rating.is_(None))
    if uow.session.scalar(open_goals):
        raise Refused("", _("Rate every goal first."))
    if not summary.strip():
        raise Refused("summary", _("Summarize the review in a sentence."))
    refuse_names(review.school_id, anyway, summary)
    review.summary, review.closed_at = summary.strip(), uow.now
    uow.record(review, "plan.review_closed", kind=review.kind.value)
    return review.id


def _check(uow: UnitOfWork, plan: SchoolPlan, kind: ReviewKind | None, held_on: date | None, today: date) -> None:
    if plan.state not in STANDING:
        raise Refused("", _("Only a plan in force is reviewed."))
    if kind is None:
        raise Refused("kind", _("Choose which review it is."))
    first, _end = school_year_bounds(plan.first_year)
    if held_on is None or not first <= held_on <= today:
        raise Refused("held_on", _("Choose a day of the plan’s school years, up to today."))
    year_first, year_end = school_year_bounds(school_year(held_on))
    same = select(func.count()).where(
        PlanReview.plan_id == plan.id, PlanReview.kind == kind, PlanReview.held_on.between(year_first, year_end)
    )
    if uow.session.scalar(same):
        raise Refused("kind", _("There is one of this kind for that school year already."))


def _copied(review: PlanReview, goal: PlanGoal, standing: Standing, fewest: int) -> PlanReviewGoal:
    then, now = standing.then, standing.now
    small = now is not None and goal.measure in PLAN_MEASURES and is_too_small(goal.measure, now, fewest)
    return PlanReviewGoal(
        review_id=review.id, plan_id=review.plan_id, school_id=review.school_id, goal_id=goal.id, target=goal.target,
        then_numerator=then.numerator if then else None, then_denominator=then.denominator if then else None,
        now_numerator=now.numerator if now else None, now_denominator=now.denominator if now else None,
        now_suppressed=small, what_changes="",
    )  # fmt: skip


def _open_review(uow: UnitOfWork, review_id: int) -> PlanReview:
    review = uow.session.get_one(PlanReview, review_id, with_for_update=True)
    if review.closed_at is not None:
        raise Refused("", _("This review is closed."))
    return review
