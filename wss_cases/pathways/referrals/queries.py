"""Reading what this pathway has of its own; the caller has checked the pathway."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.pathways.referrals.models import Referral


def plan_of(pathway_id: int) -> Referral | None:
    """Return to which partner it goes, and when it was sent; None when nothing is set yet."""
    return db.session.scalar(select(Referral).where(Referral.pathway_id == pathway_id))
