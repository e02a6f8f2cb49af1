"""Naming people of a report later, also after the decision: routing is asked for them, and its case knows them."""

from collections.abc import Sequence

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.pages import copy_people
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.incidents.details import add_person
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def name_people(uow: UnitOfWork, incident_id: int, people: Sequence[CapturedPerson], in_place_of: int | None) -> int:
    """Add people to a report, or say who the person not identified yet (`in_place_of`, the first) is.

    Raises Refused for somebody already there or not at the school.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    for number, who in enumerate(people):
        person = add_person(uow, incident, who, in_place_of if number == 0 else None)
        join_cases(uow, incident, person)
    if incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
    return incident.id


def join_cases(uow: UnitOfWork, incident: Incident, person: IncidentPerson) -> None:
    """Make a person who was added to a report, or is known now, known to the cases that it opened."""
    for case in cases_of_incident(incident.id):
        for part in case.participants:
            if part.incident_person_id == person.id:
                part.student_id, part.description = person.student_id, person.staff.name if person.staff else ""
                uow.record(part, "case.person_added")
        if copy_people(uow, case, incident):
            uow.record(case, "case.facts_corrected", reference=incident.reference)
