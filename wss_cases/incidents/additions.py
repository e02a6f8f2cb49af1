"""Changes to a submitted report: text added, a question answered, two reports merged."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import append_text, set_state
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.other_schools import parts_of
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork, use_case

MERGED = "incident.merged"


@use_case
def add_addendum(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Add text to one's own report, or as case team to any report of the school; earlier text stays unchanged."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    append_text(uow, incident, text)
    uow.record(incident, "incident.addendum")
    return incident.id


@use_case
def answer_question(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Answer the reviewer's question; the report returns to the queue. Raises Refused if there is no question; Stale
    if the report was changed since."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, uow.version)
    if incident.state is not IncidentState.RETURNED:
        raise Refused("", _("No question is waiting for an answer."))
    incident.answer = text
    append_text(uow, incident, f"{incident.question}\n\n{text}")
    uow.record(incident, "incident.answered")
    set_state(uow, incident, IncidentState.SUBMITTED)
    return incident.id


def merge_report(uow: UnitOfWork, incident: Incident, reference: str) -> Incident:
    """Merge a locked report into another of its school, which gets the people it lacks; returns that one. Raises
    Refused if the reference is no other valid report of the school."""
    target = _target(uow, incident, reference)
    require(uow.actor, Permission.INCIDENT_REVIEW, target)
    join_report(uow, incident, target)
    return target


def join_report(uow: UnitOfWork, incident: Incident, target: Incident) -> None:
    """Join a locked report to another locked one of its school, which gets the people it lacks."""
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
    # The ids of these people allow the merge to be undone.
    uow.record(target, MERGED, reference=incident.reference, people=[one.id for one in came], parts=moved)
    react(uow, MERGED, target)


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
"""What is copied for a person who joins another report."""


def _copy(person: IncidentPerson) -> IncidentPerson:
    return IncidentPerson(**{name: getattr(person, name) for name in COPIED})
