"""Reading the cases and reports that a student stands in; each read starts from what the actor may see."""

from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.incidents.incident.states import PersonRole

MOST = 20
"""Cases, and reports, that a student's page lists, the newest first."""


def cases_with(actor: Actor, student_id: int) -> list[tuple[Case, PersonRole]]:
    """Return the cases of a student that the actor may see, with the student's part."""
    columns: Any = select(Case, CaseParticipant.role).join(CaseParticipant, CaseParticipant.case_id == Case.id)
    statement = cases_visible(columns, actor).where(CaseParticipant.student_id == student_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Case.id.desc()).limit(MOST))]


def reports_with(actor: Actor, student_id: int) -> list[tuple[Incident, PersonRole]]:
    """Return the reports of a student that the actor may see, with the student's part."""
    columns: Any = select(Incident, IncidentPerson.role).join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
    statement = incidents_visible(columns, actor).where(IncidentPerson.student_id == student_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Incident.id.desc()).limit(MOST))]
