"""Whether the review of a report has begun, and whether its reporter asked to withdraw it."""

from sqlalchemy import ColumnElement, exists, or_, select

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.models import TimelineEntry


def review_began(incident: Incident) -> bool:
    """Whether a reviewer acted on a report: asked, checked, set a part or decided."""
    if incident.reviewed_at is not None:
        return True
    entry = TimelineEntry
    acts = or_(entry.kind.startswith("review."), entry.kind == "incident.merged")
    return bool(db.session.scalar(select(exists().where(_of(incident), acts))))


def withdrawal_asked(incident: Incident) -> TimelineEntry | None:
    """The first request to withdraw an undecided report, or None."""
    if incident.state not in UNDECIDED:
        return None
    statement = select(TimelineEntry).where(_of(incident), TimelineEntry.kind == "incident.withdrawal_asked")
    return db.session.scalars(statement.order_by(TimelineEntry.id)).first()


def _of(incident: Incident) -> ColumnElement[bool]:
    entry = TimelineEntry
    return (entry.subject_type == Incident.__tablename__) & (entry.subject_id == incident.id)
