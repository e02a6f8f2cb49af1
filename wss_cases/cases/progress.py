"""Working a case from day to day: notes, people, state, next review date."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseIncident, CaseNote, CaseParticipant, CaseState
from wss_cases.cases.case.pages import copy_people, move_to
from wss_cases.cases.case.queries import get_participant
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Student


def open_only(case: Case) -> None:
    """Raise Refused for work on a closed case."""
    if case.state is CaseState.CLOSED:
        raise Refused("", _("This case is closed. Reopen it first."))


@use_case
def add_note(uow: UnitOfWork, case_id: int, text: str) -> int:
    """Add a note to the shared record; notes are never changed afterwards. Returns the note's id."""
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    note = write_note(uow, case, text)
    return note.id


def write_note(uow: UnitOfWork, case: Case, text: str) -> CaseNote:
    """Add a note to a case that is loaded. Raises Refused for an empty text."""
    refuse_blank("text", text, _("Write the note."))
    note = uow.add(CaseNote(case_id=case.id, author_id=uow.actor.user_id, at=uow.now, text=text))
    uow.record(note, "case.note_added")
    return note


@use_case
def set_review(uow: UnitOfWork, case_id: int, review_on: date) -> int:
    """Set the next review date of an open case. Raises Refused for a past date, Stale for an old form."""
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    open_only(case)
    if review_on < today_at(case.school_id, uow.now):
        raise Refused("review_on", _("Choose today or a later day."))
    case.next_review_on = review_on
    uow.record(case, "case.review_set", on=review_on.isoformat())
    return case.id


@use_case
def change_state(uow: UnitOfWork, case_id: int, state: CaseState) -> int:
    """Change the state of an open case. Raises Refused for a change that the table does not have."""
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    move_to(uow, case, state)
    return case.id


@use_case
def add_person(uow: UnitOfWork, case_id: int, role: PersonRole, student_id: int | None, description: str) -> int:
    """Add a student of the case's school, or another person by a description, to an open case.

    Raises Refused when nobody is named or the student is in the case already, NotFound for another school's student.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    open_only(case)
    if student_id is None and not description.strip():
        raise Refused("student", _("Choose a student, or describe the person."))
    if student_id is not None:
        student = uow.session.get(Student, student_id)
        if student is None or student.school_id != case.school_id:
            raise NotFound
        if student_id in {person.student_id for person in case.participants}:
            raise Refused("student", _("This student is already in the case."))
    person = uow.add(CaseParticipant(case_id=case.id, role=role, student_id=student_id, description=description))
    uow.record(person, "case.person_added")
    return person.id


@use_case
def change_role(uow: UnitOfWork, case_id: int, participant_id: int, role: PersonRole) -> int:
    """Change the part of a person in an open case."""
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    open_only(case)
    person = get_participant(case, participant_id)
    if person.role is not role:
        person.role = role
        uow.record(person, "case.person_role", role=role.value)
    return person.id


def join_incident(uow: UnitOfWork, case: Case, incident: Incident) -> None:
    """Join one more incident of the same school to an open case, with its people.

    Raises Refused when it belongs to this case already, NotFound for an incident of another school.
    """
    open_only(case)
    if incident.school_id != case.school_id:
        raise NotFound
    if incident.id in {known.id for known in case.incidents}:
        raise Refused("reference", _("This incident is already part of this case."))
    uow.session.add(CaseIncident(case_id=case.id, incident_id=incident.id))
    copy_people(uow, case, incident)
    uow.record(case, "case.incident_merged", incident=incident.reference)
