"""A dean hands a removal of more than 3 days to the administrators: each is asked, and one decision answers for all."""

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.recording.refusals import student_of

DECISION = "removal_decision"
"""The follow-up with which a dean hands a decision to the administrators."""


@use_case
def hand_to_administrators(uow: UnitOfWork, incident_id: int, student_id: int) -> int:
    """Ask every administrator of the school to decide about a removal of more than 3 days; returns the incident's id.

    Raises Refused for another student, where they are asked already, and where the school has no administrator.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    student = student_of(uow, incident, student_id)
    today = today_at(incident.school_id, uow.now)
    administrators = holders(Role.ADMINISTRATOR, incident.school_id, today)
    if not administrators:
        raise Refused("", _("This school has no administrator. Ask the district."))
    person = next(one.id for one in incident.people if one.student_id == student.id)
    if _open(uow, person):
        raise Refused("", _("The administrators are already asked to decide."))
    for user_id, _name in administrators:
        make(
            uow, school_id=incident.school_id, kind=DECISION, owner_id=user_id, single_mail=True,
            due_on=school_days(incident.school_id).on_or_after(today), incident_id=incident.id,
            incident_person_id=person, given_by_id=uow.actor.user_id,
        )  # fmt: skip
    return incident.id


def close_hand_off(uow: UnitOfWork, incident: Incident, student_id: int) -> None:
    """Close what asks the administrators about this student, once one of them recorded a removal. For use cases."""
    for person in incident.people:
        if person.student_id == student_id:
            for row in _open(uow, person.id):
                close_row(uow, row, "done")


def close_for_all(uow: UnitOfWork, decided: FollowUp) -> None:
    """Close what asks the other administrators, once one of them decided that there is no removal."""
    if decided.kind == DECISION and decided.incident_person_id is not None:
        for row in _open(uow, decided.incident_person_id):
            close_row(uow, row, decided.outcome or "")


def _open(uow: UnitOfWork, incident_person_id: int) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.kind == DECISION,
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.incident_person_id == incident_person_id,
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))
