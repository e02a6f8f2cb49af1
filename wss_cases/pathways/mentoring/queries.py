"""Reading what this pathway has of its own; the caller has checked the pathway."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.pathways.mentoring.models import MentoringPlan


def plan_of(pathway_id: int) -> MentoringPlan | None:
    """Return who mentors, towards what, how often; None when nothing is set yet."""
    return db.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == pathway_id))
