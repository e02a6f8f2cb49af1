"""Submitting: a report is written and its routing and duties begin; a student concern opens a care record."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.details import add_person, complete_incident, load_open, say_heard_from
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.incidents.incident.pages import create_incident, drop_draft, open_care
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details
from wss_cases.incidents.incident.states import HurtBySomebody, PersonKind, PersonRole, Tile, WhenPrecision
from wss_cases.intake.report.cards import answered
from wss_cases.intake.report.later_texts import take_signs
from wss_cases.intake.report.routing import route_incident, route_new
from wss_cases.intake.report.signs import with_signs
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import StaffMember
from wss_cases.routing.rule_sets import signs_on

UNKNOWN_PLACE = "unknown"
"""The code of a place that nobody knows."""


@use_case
def submit_incident(uow: UnitOfWork, capture: Capture) -> int:
    """Submit a report and route it; returns its id.

    Raises NotFound for another's school, Refused for people or a place that do not fit.
    """
    incident = write_report(uow, capture)
    drop_draft(uow, "capture")
    return incident.id


def write_report(uow: UnitOfWork, capture: Capture) -> Incident:
    """Write a report and route it, inside a use case."""
    incident = create_incident(uow, signed(uow, capture))
    route_new(uow, incident)
    return incident


def signed(uow: UnitOfWork, capture: Capture) -> Capture:
    """Return a capture with what its card answered and what its signs make unknown, by the rules of today."""
    signs = signs_on(today_at(capture.school_id, uow.now))
    own: list[int] = []
    if any(who.kind is PersonKind.STAFF for who in capture.people):
        own = list(uow.session.scalars(select(StaffMember.id).where(StaffMember.user_id == uow.actor.user_id)))
    return with_signs(capture, signs, answered(capture.tile, capture.card), capture.said, own)


@use_case
def open_care_record(uow: UnitOfWork, capture: Capture) -> int:
    """Record a student concern and tell the care team at once; returns its id. It is no incident.

    Raises NotFound for another's school, Refused for a student of another school.
    """
    by_number = any(who.description.isdecimal() for who in capture.people)
    record = open_care(uow, capture if by_number else names_in_words(capture))
    drop_draft(uow, "capture")
    return record.id


def names_in_words(capture: Capture) -> Capture:
    """Return a concern with the names that no list has in its words: a concern is about one student of the school."""
    words = [", ".join(who.description for who in capture.people if who.description), capture.narrative]
    known = tuple(who for who in capture.people if not who.description)
    return replace(capture, people=known, narrative="\n".join(part for part in words if part))


@use_case
def answer_hurt(uow: UnitOfWork, record_id: int, answer: HurtBySomebody) -> int:
    """Keep whether somebody is hurting a student; the first yes opens a report too, without the worry's words.

    Returns the record's id. Raises NotFound for anyone but the care team of its school.
    """
    record = uow.load(CareRecord, record_id, Permission.CARE_WORK)
    opens = answer is HurtBySomebody.YES and record.hurt_by_somebody is not answer
    record.hurt_by_somebody = answer
    uow.record(record, "care.hurt", answer=answer.value)
    if opens:
        harmed = PersonKind.STUDENT if record.student_id else PersonKind.NOT_IDENTIFIED
        capture = Capture(
            school_id=record.school_id, danger_now=False, tile=Tile.OTHER,
            location_code=record.location_code or UNKNOWN_PLACE, occurred_at=record.opened_at,
            precision=WhenPrecision.DAY, people=(CapturedPerson(harmed, record.student_id, role=PersonRole.HARMED),),
            narrative=_("Someone may be hurting this student. The care team is with the student."),
        )  # fmt: skip
        incident = create_incident(uow, replace(capture, facts={"abuse_suspected": True}))
        route_new(uow, incident)
    return record.id


@use_case
def complete_details(uow: UnitOfWork, incident_id: int, details: Details) -> int:
    """Submit the desk's answers and route the report anew; returns its id.

    Raises Refused once the report is decided or for answers that do not fit, Stale when somebody changed it since.
    """
    incident = load_open(uow, incident_id, uow.version)
    complete_incident(uow, incident, details)
    take_signs(uow, incident, incident.immediate_action)
    route_incident(uow, incident)
    drop_draft(uow, "details", incident.id)
    return incident.id


@use_case
def answer_heard_from(uow: UnitOfWork, incident_id: int, heard_from: str) -> int:
    """Say how the reporter of a report that is not decided knows of it; returns its id. Raises Refused."""
    incident = load_open(uow, incident_id, None)
    say_heard_from(incident, heard_from)
    uow.record(incident, "incident.heard_from", how=heard_from)
    return incident.id


@use_case
def add_people_to(uow: UnitOfWork, incident_id: int, people: Sequence[CapturedPerson], in_place_of: int | None) -> int:
    """Add people to an open report, or say who the person not identified yet (`in_place_of`, the first) is.

    Raises Refused for somebody already there or not at the school.
    """
    incident = load_open(uow, incident_id, None)
    for number, who in enumerate(people):
        add_person(uow, incident, who, in_place_of if number == 0 else None)
    route_incident(uow, incident)
    return incident.id
