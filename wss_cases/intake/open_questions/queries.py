"""Reading the answers that reviewers gave to open questions; the caller has checked the report."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.open_questions.models import Answer, FactAnswer
from wss_cases.intake.open_questions.rules import quick_noes


def newest_answers(incident_id: int) -> dict[str, FactAnswer]:
    """Return the newest answer of each fact of a report."""
    statement = select(FactAnswer).where(FactAnswer.incident_id == incident_id).order_by(FactAnswer.id)
    return {row.fact: row for row in db.session.scalars(statement)}


def noes_by_tap(incident_id: int) -> list[FactAnswer]:
    """Return the noes of a report that stand: the newest answer of its fact, and no text reopened it yet."""
    newest = newest_answers(incident_id).values()
    return [row for row in newest if row.answer is Answer.NO and row.reopened_at is None]


def quick_noes_of(school_ids: set[int], since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many noes these schools' reviewers gave within five seconds of seeing the page, and out of how many.

    The caller has narrowed the schools to what the actor sees.
    """
    of_schools = select(FactAnswer.answer, FactAnswer.seconds).join(Incident, Incident.id == FactAnswer.incident_id)
    statement = of_schools.where(
        Incident.school_id.in_(sorted(school_ids)), FactAnswer.at >= since, FactAnswer.at < until
    )
    return quick_noes((row.answer, row.seconds) for row in db.session.execute(statement))
