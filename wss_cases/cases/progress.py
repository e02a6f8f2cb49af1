"""Steps on a case for the rooms above: notes, joining an incident, and the refusal of work on a closed case."""

from wss_cases.cases.case.models import Case, CaseIncident, CaseNote, CaseState
from wss_cases.cases.case.pages import copy_people
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork


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
