"""Reading what this pathway has of its own; the caller has checked the pathway."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.pathways.reengagement.models import ReengagementPlan


def plan_of(pathway_id: int) -> ReengagementPlan | None:
    """Return when the student returns, and what supports the first days; None when nothing is set yet."""
    return db.session.scalar(select(ReengagementPlan).where(ReengagementPlan.pathway_id == pathway_id))
