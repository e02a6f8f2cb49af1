"""The minor consequences of a report."""

from collections.abc import Sequence

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.safeguards.discipline.consequences.models import MinorConsequence


def consequences_of(incident_id: int) -> Sequence[MinorConsequence]:
    """Return what was given and not taken back, oldest first; the caller has checked the report."""
    statement = select(MinorConsequence).where(
        MinorConsequence.incident_id == incident_id, MinorConsequence.taken_back_at.is_(None)
    )
    return db.session.scalars(statement.order_by(MinorConsequence.id)).all()
