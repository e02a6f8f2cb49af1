"""What is on record is asked for nowhere else: a guardian who was reached closes the call that was asked for."""

from typing import Final

from sqlalchemy import or_, select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import GUARDIAN_CALLS
from wss_cases.followups.making.actions import close_row
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.journal.unit_of_work import UnitOfWork

REACHED: Final = "reached"
"""The result of a call after which nobody is asked to call, and the outcome of the follow-up that asked."""


def guardian_reached(uow: UnitOfWork, contact: GuardianContact) -> None:
    """Close the open calls about this person of a report; a voicemail is an attempt, and closes nothing."""
    if contact.result != REACHED:
        return
    asked = select(FollowUp).where(
        FollowUp.incident_person_id == contact.incident_person_id,
        FollowUp.kind.in_(GUARDIAN_CALLS),
        FollowUp.state == FollowUpState.OPEN,
    )
    for row in uow.session.scalars(asked.order_by(FollowUp.id).with_for_update()):
        _close(uow, row, contact)


def report_merged(uow: UnitOfWork, target: Incident) -> None:
    """Close the open calls about people of a report whose family was reached in one that was merged into it now."""
    asked = select(FollowUp).where(
        FollowUp.incident_person_id.in_([person.id for person in target.people if person.id is not None]),
        FollowUp.kind.in_(GUARDIAN_CALLS),
        FollowUp.state == FollowUpState.OPEN,
    )
    for row in uow.session.scalars(asked.order_by(FollowUp.id).with_for_update()):
        close_if_reached(uow, row)


def close_if_reached(uow: UnitOfWork, row: FollowUp) -> None:
    """Close an open call where its family was reached before anybody asked for it.

    What a report says that was merged into this one counts for the same student.
    """
    if row.kind not in GUARDIAN_CALLS or row.incident_person_id is None:
        return
    person = uow.session.get_one(IncidentPerson, row.incident_person_id)
    of_merged = select(Incident.id).where(Incident.duplicate_of_id == person.incident_id)
    entries = select(IncidentPerson.id).where(
        or_(
            IncidentPerson.id == person.id,
            IncidentPerson.incident_id.in_(of_merged) & (IncidentPerson.student_id == person.student_id),
        )
    )
    calls = select(GuardianContact).where(
        GuardianContact.incident_person_id.in_(entries), GuardianContact.result == REACHED
    )
    contact = uow.session.scalars(calls.order_by(GuardianContact.at, GuardianContact.id)).first()
    if contact is not None:
        _close(uow, row, contact)


def _close(uow: UnitOfWork, row: FollowUp, contact: GuardianContact) -> None:
    on = local_date(contact.at, zone_of(row.school_id)).isoformat()
    shown = {"manner": contact.manner, "on": on, "language": contact.language, "attempts": 1}
    close_row(uow, row, REACHED, contact.note, {name: value for name, value in shown.items() if value})
