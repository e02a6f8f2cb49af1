"""Submitting: a report is written and its routing and duties begin; a worry opens a care record."""

from collections.abc import Sequence
from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.incidents.details.actions import add_person, complete_incident, load_open
from wss_cases.incidents.incident.actions import create_incident, drop_draft, open_care
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.unit_of_work import unit_of_work


def submit_incident(actor: Actor, capture: Capture, now: datetime, request_key: str | None = None) -> int:
    """Submit a report and route it; returns its id.

    Raises NotFound for another's school, Refused for people or a place that do not fit.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        incident = create_incident(uow, capture)
        route_incident(uow, incident)
        drop_draft(uow, "capture")
        uow.answer = incident.id
        return incident.id


def open_care_record(actor: Actor, capture: Capture, now: datetime, request_key: str | None = None) -> int:
    """Record a worry about a student and tell the care team at once; returns its id. It is no incident.

    Raises NotFound for another's school, Refused for a student of another school.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        record = open_care(uow, capture)
        drop_draft(uow, "capture")
        uow.answer = record.id
        return record.id


def complete_details(
    actor: Actor, incident_id: int, details: Details, version: int | None, now: datetime, request_key: str | None = None
) -> int:
    """Submit the desk's answers and route the report anew; returns its id.

    Raises Refused once the report is decided or for answers that do not fit, Stale when somebody changed it since.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        incident = load_open(uow, incident_id, version)
        complete_incident(uow, incident, details)
        route_incident(uow, incident)
        drop_draft(uow, "details", incident.id)
        uow.answer = incident.id
        return incident.id


def add_people_to(
    actor: Actor,
    incident_id: int,
    people: Sequence[CapturedPerson],
    in_place_of: int | None,
    now: datetime,
    request_key: str | None = None,
) -> int:
    """Add people to an open report, or say who the person not identified yet (`in_place_of`, the first) is.

    Raises Refused for somebody already there or not at the school.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        incident = load_open(uow, incident_id, None)
        for number, who in enumerate(people):
            add_person(uow, incident, who, in_place_of if number == 0 else None)
        route_incident(uow, incident)
        uow.answer = incident.id
        return incident.id
