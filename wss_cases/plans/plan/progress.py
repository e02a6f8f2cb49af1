"""Reviews of a plan: for each goal then, now, target, a rating, and what changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import Base, Versioned, db, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.plan.answers import unanswered
from wss_cases.plans.plan.committee import seats
from wss_cases.plans.plan.core import models
from wss_cases.plans.plan.goals.models import tree_of, without_baseline, without_goal
from wss_cases.plans.plan.goals.queries import backward_of
from wss_cases.plans.plan.templates import template_on
from wss_cases.roster.directory.models import School


class ReviewKind(Labelled):
    """The two reviews of a year."""

    MID_YEAR = "mid_year", _l("Mid-year review")
    ANNUAL = "annual", _l("Annual review")


class Rating(Labelled):
    """How a goal stands at a review, as the committee judges it."""

    MET = "met", _l("Met")
    ON_TRACK = "on_track", _l("On track")
    BEHIND = "behind", _l("Behind")
    NO_LONGER = "no_longer", _l("No longer a goal")


class PlanReview(models.OfPlan, Versioned, Base):
    """One review of a plan in a school year."""

    __tablename__ = "plan_review"
    __table_args__ = (UniqueConstraint("plan_id", "kind", "held_on"),)
    PRIVATE = frozenset({"summary"})

    kind: Mapped[ReviewKind] = mapped_column(named_enum(ReviewKind, "kind"))
    held_on: Mapped[date]
    summary: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]


class PlanReviewGoal(models.OfPlan, Versioned, Base):
    """One goal at a review. The figures are copied into it and stay; `now_suppressed`: too small to be
    shown outside the school. `then_apart`, `now_apart`: see `Figure.apart`."""

    __tablename__ = "plan_review_goal"
    __table_args__ = (
        UniqueConstraint("review_id", "goal_id"),
        CheckConstraint("rating is null or rating <> 'no_longer' or what_changes <> ''", name="dropped_with_reason"),
    )
    PRIVATE = frozenset({"what_changes"})

    review_id: Mapped[int] = mapped_column(ForeignKey("plan_review.id"))
    goal_id: Mapped[int] = mapped_column(ForeignKey("plan_goal.id"), index=True)
    then_numerator: Mapped[float | None] = mapped_column(Float)
    then_denominator: Mapped[float | None] = mapped_column(Float)
    now_numerator: Mapped[float | None] = mapped_column(Float)
    now_denominator: Mapped[float | None] = mapped_column(Float)
    then_apart: Mapped[list[Any] | None]
    now_apart: Mapped[list[Any] | None]
    now_suppressed: Mapped[bool] = mapped_column(default=False)
    target: Mapped[float | None] = mapped_column(Float)
    rating: Mapped[Rating | None] = mapped_column(named_enum(Rating, "rating"))
    what_changes: Mapped[str] = mapped_column(Text, default="", server_default="")


def has_annual_review(plan_id: int) -> bool:
    """Whether a plan has an annual review that is closed; the caller has checked the plan."""
    of_plan = (PlanReview.plan_id == plan_id, PlanReview.kind == ReviewKind.ANNUAL, PlanReview.closed_at.is_not(None))
    return db.session.scalar(select(PlanReview.id).where(*of_plan).limit(1)) is not None


def facts_of(plan: models.SchoolPlan, today: date) -> models.PlanFacts:
    """Return what decides on a plan's next state; the caller has checked the plan."""
    first, _end = school_year_bounds(plan.first_year)
    _start, last = school_year_bounds(plan.last_year)
    return models.PlanFacts(
        has_lead=plan.lead_id is not None,
        members=seats(plan.id, today),
        unanswered=unanswered(plan),
        without_goal=without_goal(plan),
        without_baseline=len(without_baseline(plan.id)),
        backward=sum(not goal.why_backward.strip() for goal in backward_of(tree_of(plan.id).goals)),
        council_approved=plan.council_approved_on is not None,
        has_begun=first <= today,
        is_over=last < today,
        has_annual_review=has_annual_review(plan.id),
    )


def outdated_because(plan: models.SchoolPlan, today: date) -> list[models.Outdated]:
    if plan.state is models.PlanState.CLOSED:
        return []
    return models.outdated(plan.template_id, template_on(today).id, plan.last_year, school_year(today))


BEFORE_APPROVAL = frozenset({models.PlanState.DRAFT, models.PlanState.COMMITTEE})


@use_case
def move_plan(uow: UnitOfWork, school_plan_id: int, target: models.PlanState) -> int:
    """Move a plan to its next state, or back, as `advance` does. Raises NotFound, Stale, and Refused as that does."""
    plan = uow.load(models.SchoolPlan, school_plan_id, Permission.PLAN_WRITE, uow.version)
    advance(uow, plan, target)
    return plan.id


def advance(uow: UnitOfWork, plan: models.SchoolPlan, target: models.PlanState) -> None:
    """Move a locked plan to its next state, or back. Coming into force closes the school's plan before.

    Raises Refused for a state that may not follow, and for one that something blocks.
    """
    if not models.may_follow(plan.state, target):
        raise Refused("", _("A plan in this state cannot be moved there."))
    today = today_at(plan.school_id, uow.now)
    if in_the_way := models.blocks(facts_of(plan, today), target):
        raise Refused("", " ".join(str(block.label) for block in in_the_way))
    if target is models.PlanState.IN_FORCE:
        _close_before(uow, plan)
        plan.in_force_on = today
    elif target is models.PlanState.APPROVED:
        plan.approved_on, plan.approved_by_id = today, uow.actor.user_id
    elif target in BEFORE_APPROVAL:
        plan.council_approved_on = plan.approved_on = plan.approved_by_id = None
    elif target is models.PlanState.CLOSED:
        plan.closed_on = today
    plan.state, plan.moved_at, plan.moved_by_id = target, uow.now, uow.actor.user_id
    uow.record(plan, "plan.moved", state=target.value)
    react(uow, "plan.moved", plan)


def _close_before(uow: UnitOfWork, plan: models.SchoolPlan) -> None:
    """Close the plan that stands at the school; of the same school year its money and open steps come along first. The
    school is locked, so that of two at once only one comes after."""
    uow.session.get_one(School, plan.school_id, with_for_update=True)
    before = models.standing_plan(plan.school_id)
    if before is None:
        return
    if models.shares_year(before, plan):
        react(uow, "plan.takes_over", plan)
    before.state, before.closed_on = models.PlanState.CLOSED, today_at(plan.school_id, uow.now)
    uow.session.flush()
    uow.record(before, "plan.superseded")
    react(uow, "plan.moved", before)
