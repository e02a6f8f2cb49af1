"""Whether a plan was reviewed."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.plans.plan.reviews.models import PlanReview
from wss_cases.plans.plan.reviews.states import ReviewKind


def has_annual_review(plan_id: int) -> bool:
    """Whether a plan has an annual review; the caller has checked the plan."""
    found = select(PlanReview.id).where(PlanReview.plan_id == plan_id, PlanReview.kind == ReviewKind.ANNUAL)
    return db.session.scalar(found.limit(1)) is not None
