"""Pages of reviews: those of a plan, one of them with its goals, and its acts."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.plans.baselines.presenters import reads_small
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.core.states import STANDING
from wss_cases.plans.plan.reviews.models import PlanReview, PlanReviewGoal
from wss_cases.plans.plan.reviews.states import Rating, ReviewKind
from wss_cases.plans.review import actions
from wss_cases.plans.review.forms import CloseForm, RateForm, StartForm
from wss_cases.plans.review.presenters import goal_cards, review_rows
from wss_cases.plans.review.queries import (
    get_review,
    get_review_goal,
    goals_of,
    reviews_of,
    same_days_before,
    statement_of,
)

blueprint = Blueprint("plan_reviews", __name__)
PAGE = "plan_reviews.reviews"
REVIEW = "/safety-plan-reviews/<int:plan_review_id>"


@blueprint.get("/safety-plans/<int:school_plan_id>/reviews")
@gate(Permission.PLAN_READ)
def reviews(school_plan_id: int) -> Page:
    """The reviews of a plan, the newest first."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    return render_template(
        "plans/review/reviews.html",
        rows=review_rows(reviews_of(plan.id)),
        starts=plan.state in STANDING and can(actor, Permission.PLAN_WRITE, plan),
        **plan_frame(actor, plan, PAGE),
    )


@blueprint.get(REVIEW)
@gate(Permission.PLAN_READ)
def review(plan_review_id: int) -> Page:
    """One review: each goal then, now, its target, rating, and what changes."""
    actor = current_actor()
    row, plan = get_review(actor, plan_review_id)
    rows = goals_of(row.id)
    is_open = row.closed_at is None
    before = same_days_before(actor, plan, [goal.measure for _row, goal in rows], row.held_on) if is_open else {}
    rates = is_open and can(actor, Permission.PLAN_WORK, plan)
    return render_template(
        "plans/review/review.html",
        review=row,
        cards=goal_cards(rows, before, _fewest(actor, plan, row), rates),
        closes=is_open and can(actor, Permission.PLAN_WRITE, plan),
        is_open=is_open,
        **plan_frame(actor, plan, PAGE),
    )


def _fewest(actor: Actor, plan: SchoolPlan, row: PlanReview) -> int:
    return 0 if reads_small(actor, plan.school_id) else smallest_groups(school_year(row.held_on)).cell


def _writable(actor: Actor, school_plan_id: int) -> SchoolPlan:
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_WRITE, plan)
    return plan


def _start_form(plan: SchoolPlan) -> StartForm:
    return StartForm(held_on=today_at(plan.school_id, clock.now()))


@blueprint.route("/safety-plans/<int:school_plan_id>/reviews/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def start(school_plan_id: int) -> Page:
    """Begin a review."""
    plan = _writable(current_actor(), school_plan_id)
    form = _start_form(plan)
    return act_form(
        form,
        lambda call: actions.start_review(call, plan.id, _of(ReviewKind, form.kind.data), form.held_on.data),
        lambda made: url_for("plan_reviews.review", plan_review_id=made),
        {
            "title": _("Start a review"),
            "go_words": _("Start the review"),
            "lede": _("Each goal comes with its baseline, its figure now, and its target."),
            "back_href": url_for(PAGE, school_plan_id=plan.id),
        },
        "layouts/form_page.html",
    )


def _of(kind: Any, text: str | None) -> Any:
    return kind(text) if text else None


def _rated(actor: Actor, plan_review_goal_id: int) -> PlanReviewGoal:
    row, plan = get_review_goal(actor, plan_review_goal_id)
    require(actor, Permission.PLAN_WORK, plan)
    return row


def _review_page(row: PlanReviewGoal) -> str:
    return url_for("plan_reviews.review", plan_review_id=row.review_id)


act_page(
    blueprint,
    "/safety-plan-review-goals/<int:plan_review_goal_id>",
    "rate",
    Permission.PLAN_WORK,
    load=_rated,
    form=lambda row: RateForm(version=row.version, rating=row.rating, what_changes=row.what_changes),
    act=lambda call, row, form: actions.rate_goal(
        call, row.id, _of(Rating, form.rating.data), form.what_changes.data or "", anyway=bool(form.anyway.data)
    ),
    done=_review_page,
    words=lambda row: {
        "title": _("Rate a goal"),
        "go_words": _("Save the rating"),
        "lede": statement_of(row.goal_id),
        "back_href": _review_page(row),
    },
    template="layouts/form_page.html",
)


def _closable(actor: Actor, plan_review_id: int) -> PlanReview:
    row, plan = get_review(actor, plan_review_id)
    require(actor, Permission.PLAN_WRITE, plan)
    return row


act_page(
    blueprint,
    f"{REVIEW}/close",
    "close",
    Permission.PLAN_WRITE,
    load=_closable,
    form=lambda row: CloseForm(version=row.version),
    act=lambda call, row, form: actions.close_review(
        call, row.id, form.summary.data or "", anyway=bool(form.anyway.data)
    ),
    done=lambda row: url_for("plan_reviews.review", plan_review_id=row.id),
    words=lambda row: {
        "title": _("Close the review"),
        "go_words": _("Close the review"),
        "lede": _("Nothing of it can be changed afterwards."),
        "back_href": url_for("plan_reviews.review", plan_review_id=row.id),
    },
    template="layouts/form_page.html",
)
