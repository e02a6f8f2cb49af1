"""Whether the review of a report has begun."""

from sqlalchemy import exists, or_, select

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import TimelineEntry


def review_began(incident: Incident) -> bool:
    """Whether a reviewer did anything to a report: asked, checked, set a part, decided."""
    if incident.reviewed_at is not None:
        return True
    entry = TimelineEntry
    acts = or_(entry.kind.startswith("review."), entry.kind == "incident.merged")
    of_this = (entry.subject_type == Incident.__tablename__) & (entry.subject_id == incident.id)
    return bool(db.session.scalar(select(exists().where(of_this, acts))))
