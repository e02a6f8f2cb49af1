"""Reading histories. The caller has checked that the actor may see the subject."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.journal.models import TimelineEntry


def history(subject_type: str, subject_id: int, limit: int = 100) -> list[TimelineEntry]:
    """Return the newest entries of one record, newest first."""
    statement = (
        select(TimelineEntry)
        .where(TimelineEntry.subject_type == subject_type, TimelineEntry.subject_id == subject_id)
        .order_by(TimelineEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def case_history(case_id: int, before: int | None = None, limit: int = 50) -> list[TimelineEntry]:
    """Return the newest entries of a case and all that hangs on it, newest first; `before` is an entry's id."""
    statement = select(TimelineEntry).where(TimelineEntry.case_id == case_id)
    if before is not None:
        statement = statement.where(TimelineEntry.id < before)
    return list(db.session.scalars(statement.order_by(TimelineEntry.id.desc()).limit(limit)))
