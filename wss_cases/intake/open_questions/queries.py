"""Reading the answers that reviewers gave to open questions; the caller has checked the report."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

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


def quick_noes_of(conditions: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """Return how many noes reviewers gave within five seconds of seeing the page, and of how many the time is known.

    `conditions` narrow the reports, by school and date; the caller has narrowed them to what the actor sees.
    """
    given = select(FactAnswer.answer, FactAnswer.seconds).join(Incident, Incident.id == FactAnswer.incident_id)
    return quick_noes((row.answer, row.seconds) for row in db.session.execute(given.where(*conditions)))
