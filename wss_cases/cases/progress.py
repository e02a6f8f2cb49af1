"""Working a case from day to day: notes, people, state, next review date."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from wss_cases.cases.case.actions import copy_people
from wss_cases.cases.case.models import OPEN, Case, CaseIncident, CaseNote, CaseState
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import MoveWhy


def open_only(case: Case) -> None:
    """Raise Refused for work on a closed case."""
    if case.state is CaseState.CLOSED:
        raise Refused("", _("This case is closed. Reopen it first."))


def write_note(uow: UnitOfWork, case: Case, text: str) -> CaseNote:
    """Add a note to a case that is loaded. Raises Refused for an empty text."""
    refuse_blank("text", text, _("Write the note."))
    note = uow.add(CaseNote(case_id=case.id, author_id=uow.actor.user_id, at=uow.now, text=text))
    uow.record(note, "case.note_added")
    return note


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


CASE = Case.__tablename__


def leave_day(uow: UnitOfWork, school_id: int, day: date, to_day: date, label: str) -> int:
    """Move the reviews of a school's open cases off a date without school; returns how many."""
    statement = select(Case).where(Case.school_id == school_id, Case.next_review_on == day, Case.state.in_(OPEN))
    cases = list(uow.session.scalars(statement.order_by(Case.id).with_for_update()))
    for case in cases:
        case.next_review_on = to_day
        note_move(uow, school_id, day, MoveWhy.NO_SCHOOL, label, (CASE, case.id), to_day)
        uow.record(case, "case.review_no_school", on=to_day.isoformat(), day=day.isoformat(), label=label)
    return len(cases)


def return_to_day(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Put reviews back on the day from which the calendar moved them, unless someone changed them since."""
    targets = {move.subject_id: move for move in moves if move.subject_type == CASE}
    statement = select(Case).where(Case.id.in_(sorted(targets)), Case.state.in_(OPEN))
    count = 0
    for case in uow.session.scalars(statement.order_by(Case.id).with_for_update()):
        move = targets[case.id]
        if case.next_review_on == move.moved_to:
            case.next_review_on, move.returned_at = move.day, uow.now
            uow.record(case, "case.review_back", on=move.day.isoformat())
            count += 1
    return count
