"""What is done to a submitted report: text added, a question answered, a guardian tried, two reports merged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import CareRecord, GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.pages import append_text, set_state
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.other_schools import parts_of
from wss_cases.incidents.telling import entry_of, may_tell
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import guardians_of
from wss_cases.roster.directory.rules import Reach
from wss_cases.roster.telling import refuse_private

MERGED = "incident.merged"


@dataclass(frozen=True)
class ContactAttempt:
    """One attempt to reach a guardian of one person in a report; `guardian_id` None is somebody not in the roster."""

    incident_person_id: int
    at: datetime
    manner: str
    result: str
    language: str = ""
    guardian_id: int | None = None
    note: str = ""


@use_case
def add_addendum(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Add text to one's own report, or the case team's to any of its school; nothing written before changes."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    append_text(uow, incident, text)
    uow.record(incident, "incident.addendum")
    return incident.id


@use_case
def answer_question(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Answer the question a report came back with; it is in the review list again.

    Raises Refused when no question waits, Stale when somebody changed the report since.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, uow.version)
    if incident.state is not IncidentState.RETURNED:
        raise Refused("", _("No question is waiting for an answer."))
    incident.answer = text
    append_text(uow, incident, f"{incident.question}\n\n{text}")
    uow.record(incident, "incident.answered")
    set_state(uow, incident, IncidentState.SUBMITTED)
    return incident.id


@use_case
def record_guardian_contact(uow: UnitOfWork, incident_id: int, attempt: ContactAttempt) -> int:
    """Record an attempt to reach a guardian; returns its id.

    Raises Refused for a time to come, a person of another report, or an adult who is not the student's guardian.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    person = entry_of(uow, incident, attempt.incident_person_id)
    if attempt.at > uow.now + timedelta(minutes=1):
        raise Refused("at", _("This time is in the future. Enter when it happened."))
    _check_guardian(person, attempt.guardian_id)
    refuse_private("note", attempt.note, may_tell(person))
    assert uow.actor.user_id is not None
    contact = uow.add(GuardianContact(incident_id=incident.id, author_id=uow.actor.user_id, **vars(attempt)))
    uow.record(contact, "incident.guardian_contact")
    uow.record(incident, "incident.guardian_contact")
    react(uow, "incident.guardian_contact", contact)
    return contact.id


def merge_report(uow: UnitOfWork, incident: Incident, reference: str) -> Incident:
    """Make a locked report a duplicate of another of its school; people not yet there join that one.

    Returns the report that stays. Raises Refused when the reference is not another live report of the school.
    """
    target = _target(uow, incident, reference)
    require(uow.actor, Permission.INCIDENT_REVIEW, target)
    join_report(uow, incident, target)
    return target


def join_report(uow: UnitOfWork, incident: Incident, target: Incident) -> None:
    """Join a locked report to another locked one of its school; people not yet there join that one, too."""
    known = {(person.student_id, person.other_school_id) for person in target.people}
    came, moved = [], []
    for person in incident.people:
        who = (person.student_id, person.other_school_id)
        if any(who) and who not in known:
            came.append(_copy(person))
            target.people.append(came[-1])
    there = {part.school_id for part in parts_of(target.id)}
    for part in parts_of(incident.id):
        if part.school_id not in there:
            part.part_of_id = target.id
            moved.append(part.id)
            uow.record(part, "incident.part_joined", reference=target.reference)
    set_state(uow, incident, IncidentState.DUPLICATE, duplicate_of=target)
    uow.session.flush()
    # by these the merge can be undone: who came with it, by the numbers of their rows
    uow.record(target, MERGED, reference=incident.reference, people=[one.id for one in came], parts=moved)
    react(uow, MERGED, target)


@use_case
def record_screening(uow: UnitOfWork, record_id: int, note: str) -> int:
    """Record that a clinician screened; once. Raises Refused when it already is recorded."""
    record = uow.load(CareRecord, record_id, Permission.CARE_WORK)
    if record.screened_at is not None:
        raise Refused("", _("The screening is already recorded."))
    record.screened_at, record.screened_by_id, record.screen_note = uow.now, uow.actor.user_id, note
    uow.record(record, "care.screened")
    return record.id


def _check_guardian(person: IncidentPerson, guardian_id: int | None) -> None:
    if guardian_id is None:
        return
    who = next((one for one in guardians_of(person.student_id or 0) if one.id == guardian_id), None)
    if who is None:
        raise Refused("guardian", _("This adult is not a guardian of this student."))
    if who.reach is Reach.NEVER:
        raise Refused("guardian", _("No one may contact this person about this student."))


def _target(uow: UnitOfWork, incident: Incident, reference: str) -> Incident:
    statement = select(Incident).where(
        Incident.reference == reference.strip(), Incident.school_id == incident.school_id
    )
    target: Incident | None = uow.session.scalar(statement.with_for_update())
    if target is None:
        raise Refused("reference", _("No report at this school has this number."))
    if target.id == incident.id or target.state is IncidentState.DUPLICATE:
        raise Refused("reference", _("Choose another report, one that is not itself a duplicate."))
    return target


COPIED = ("role", "kind", "student_id", "other_school_id", "description", "grade", "behavior_code_id")
"""What a person who joins another report brings along."""


def _copy(person: IncidentPerson) -> IncidentPerson:
    return IncidentPerson(**{name: getattr(person, name) for name in COPIED})
