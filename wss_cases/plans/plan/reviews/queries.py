"""Whether a plan was reviewed."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.plans.plan.reviews.models import PlanReview
from wss_cases.plans.plan.reviews.states import ReviewKind


def has_annual_review(plan_id: int) -> bool:
    """Whether a plan has an annual review that is closed; the caller has checked the plan."""
    of_plan = (PlanReview.plan_id == plan_id, PlanReview.kind == ReviewKind.ANNUAL, PlanReview.closed_at.is_not(None))
    return db.session.scalar(select(PlanReview.id).where(*of_plan).limit(1)) is not None
