"""Submitting, routing and completing reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import teams_at
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import NEW_TEXT
from wss_cases.followups.making import make
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.changes import add_person, complete_incident, load_open, say_heard_from
from wss_cases.incidents.incident.models import Addendum, CareRecord, Incident, IncidentPerson
from wss_cases.incidents.incident.pages import (
    create_incident,
    drop_draft,
    is_alarm,
    open_care,
    settle_audience,
    tell_of_danger,
)
from wss_cases.incidents.incident.queries import people_of, priors
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details, facts_of, routed_people
from wss_cases.incidents.incident.states import (
    FACTS_SET,
    ROUTED_AGAIN,
    ROUTED_FIRST,
    UNDECIDED,
    HurtBySomebody,
    IncidentState,
    PersonKind,
    PersonRole,
    Tile,
    WhenPrecision,
)
from wss_cases.incidents.other_schools import pass_on
from wss_cases.intake.report.rules import answered, read_later, with_signs
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import StaffMember
from wss_cases.routing.drafts.pages import route
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.vocabulary import Duty
from wss_cases.routing.rule_sets import RoutingAnswer, signs_on
from wss_cases.safeguards.duties.duty.models import Raised, merged
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.duty.raising import raise_duties, raise_first_duties

OF_EACH_SCHOOL = frozenset({Duty.BULLYING_NOTICE.value, Duty.DISABILITY_RECORDS.value})
"""Duties towards a school's own students and their families, wherever it happened."""


def route_incident(uow: UnitOfWork, incident: Incident, *, alarms: bool = True) -> list[RoutingAnswer]:
    """Route a report: one answer for everyone reported to have caused harm, or one for an unknown person.

    Duties of all answers are raised at once, at any hour; earlier duties are never taken back. Facts are passed to
    other schools with a part in the report, and their parts are routed too. Visibility is settled first; then each
    person is told of an alarm once, unless `alarms` is false.
    """
    settle_audience(uow, incident)
    answers = _answer(uow, incident, people_of(incident.id))
    raise_duties(uow, incident, _of_this_school(incident, merged(answer.answer["duties"] for answer in answers)))
    react(uow, FACTS_SET, incident)
    react(uow, ROUTED_AGAIN, incident)
    if alarms:
        _alarm(uow, incident)
    for part in pass_on(uow, incident):
        route_incident(uow, part, alarms=alarms)
    return answers


def route_new(uow: UnitOfWork, incident: Incident) -> list[RoutingAnswer]:
    """Route a report written in this unit of work: it has no duties or parts yet, and its people are loaded."""
    settle_audience(uow, incident)
    answers = _answer(uow, incident, incident.people)
    raise_first_duties(uow, incident, merged(answer.answer["duties"] for answer in answers))
    react(uow, FACTS_SET, incident)
    react(uow, ROUTED_FIRST, incident)
    _alarm(uow, incident)
    return answers


def _alarm(uow: UnitOfWork, incident: Incident) -> None:
    """Send alarms while a report is undecided; other schools get an email of their own about their part."""
    if incident.state in UNDECIDED and incident.part_of_id is None and is_alarm(incident):
        tell_of_danger(uow, incident)


def _answer(uow: UnitOfWork, incident: Incident, people: Sequence[IncidentPerson]) -> list[RoutingAnswer]:
    routed: list[IncidentPerson | None] = [*routed_people(people)] or [None]
    today = today_at(incident.school_id, uow.now)
    answers = []
    for person in routed:
        student = person.student if person is not None else None
        earlier = priors(student.id, incident.local_date) if student is not None else None
        facts = parse_facts(facts_of(incident, person, people, earlier, student))
        answer, _said = route(uow, incident.id, person.id if person is not None else None, facts, today)
        answers.append(answer)
    return answers


def _of_this_school(incident: Incident, raised: Mapping[str, Raised]) -> Mapping[str, Raised]:
    """Duties to raise on a part. Police, hotline and offices are told once, from where it happened; duties about a
    school's own students are raised at each, and duties that only this part shows always."""
    if incident.part_of_id is None:
        return raised
    here, there = ({row.duty.code for row in duties_of(number)} for number in (incident.id, incident.part_of_id))
    return {code: what for code, what in raised.items() if code in OF_EACH_SCHOOL or code in here or code not in there}


def read_added(uow: UnitOfWork, incident: Incident) -> None:
    """Read a text that was added to a report, and route again if it has a new sign. Of a decided report a dean is
    asked to read it the same day."""
    uow.session.flush()
    of_report = select(Addendum.text).where(Addendum.incident_id == incident.id)
    text = uow.session.scalars(of_report.order_by(Addendum.id.desc()).limit(1)).one()
    if take_signs(uow, incident, text) and incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
        if incident.state not in UNDECIDED:
            _let_read(uow, incident)


def take_signs(uow: UnitOfWork, incident: Incident, text: str) -> bool:
    """Mark facts unknown that a later text points to; True if it had a new sign."""
    signs = signs_on(today_at(incident.school_id, uow.now))
    facts, entries = read_later(incident.facts or {}, incident.signs, signs, text)
    if len(entries) == len(incident.signs):
        return False
    incident.facts, incident.signs = facts, entries
    return True


def _let_read(uow: UnitOfWork, incident: Incident) -> None:
    """Ask whoever decided the report, otherwise its first dean, to read the addition; once while that task is open."""
    waits = uow.session.query(FollowUp.id).filter_by(incident_id=incident.id, kind=NEW_TEXT, state=FollowUpState.OPEN)
    if waits.first() is not None:
        return
    team = teams_at({incident.school_id}, uow.now)[incident.school_id]
    reviewers = [*team.get(Role.DEAN, {}), *team.get(Role.ADMINISTRATOR, {})]
    owner = incident.reviewer_id if incident.reviewer_id in reviewers else next(iter(reviewers), None)
    today = today_at(incident.school_id, uow.now)
    make(uow, school_id=incident.school_id, incident_id=incident.id, kind=NEW_TEXT, owner_id=owner, due_on=today)


UNKNOWN_PLACE = "unknown"


@use_case
def submit_incident(uow: UnitOfWork, capture: Capture) -> int:
    """Submit a report and route it; returns its id. Raises NotFound for another person's school; Refused for people
    or a place that do not fit."""
    incident = write_report(uow, capture)
    drop_draft(uow, "capture")
    return incident.id


def write_report(uow: UnitOfWork, capture: Capture) -> Incident:
    """Write a report and route it, inside a use case."""
    incident = create_incident(uow, signed(uow, capture))
    route_new(uow, incident)
    return incident


def signed(uow: UnitOfWork, capture: Capture) -> Capture:
    """The capture with the facts that its card answered and those that today's signs make unknown."""
    signs = signs_on(today_at(capture.school_id, uow.now))
    own: list[int] = []
    if any(who.kind is PersonKind.STAFF for who in capture.people):
        own = list(uow.session.scalars(select(StaffMember.id).where(StaffMember.user_id == uow.actor.user_id)))
    return with_signs(capture, signs, answered(capture.tile, capture.card), capture.said, own)


@use_case
def open_care_record(uow: UnitOfWork, capture: Capture) -> int:
    """Record a student concern and tell the care team at once; returns its id. It is not an incident. Raises
    NotFound for another person's school; Refused for a student of another school."""
    by_number = any(who.description.isdecimal() for who in capture.people)
    record = open_care(uow, capture if by_number else names_in_words(capture))
    drop_draft(uow, "capture")
    return record.id


def names_in_words(capture: Capture) -> Capture:
    """A concern with unlisted names moved into its text, since it is about one student of the school."""
    words = [", ".join(who.description for who in capture.people if who.description), capture.narrative]
    known = tuple(who for who in capture.people if not who.description)
    return replace(capture, people=known, narrative="\n".join(part for part in words if part))


@use_case
def answer_hurt(uow: UnitOfWork, record_id: int, answer: HurtBySomebody) -> int:
    """Save whether someone is hurting a student; the first yes opens a report too, without the concern's text.
    Returns the record's id. Raises NotFound for anyone outside the school's care team."""
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
    """Submit the details and route again; returns the report's id. Raises Refused for a decided report or invalid
    answers; Stale if the report was changed since."""
    incident = load_open(uow, incident_id, uow.version)
    complete_incident(uow, incident, details)
    take_signs(uow, incident, incident.immediate_action)
    route_incident(uow, incident)
    drop_draft(uow, "details", incident.id)
    return incident.id


@use_case
def answer_heard_from(uow: UnitOfWork, incident_id: int, heard_from: str) -> int:
    """Say how the reporter of an undecided report knows of it; returns its id. Raises Refused."""
    incident = load_open(uow, incident_id, None)
    say_heard_from(incident, heard_from)
    uow.record(incident, "incident.heard_from", how=heard_from)
    return incident.id


@use_case
def add_people_to(uow: UnitOfWork, incident_id: int, people: Sequence[CapturedPerson], in_place_of: int | None) -> int:
    """Add people to an open report, or identify the unidentified person `in_place_of` as the first of them. Raises
    Refused for someone already in it or not at the school."""
    incident = load_open(uow, incident_id, None)
    for number, who in enumerate(people):
        add_person(uow, incident, who, in_place_of if number == 0 else None)
    route_incident(uow, incident)
    return incident.id
