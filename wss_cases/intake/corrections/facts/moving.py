"""A report that was filed at the wrong school goes to the right one with its duties, before anybody worked on it."""

from typing import Any

from sqlalchemy import exists, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.models import CaseIncident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import tell_of_danger, tell_that_it_waits
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import WAITING
from wss_cases.intake.protection.actions import move_to_school
from wss_cases.intake.protection.rules import KINDS
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyStep
from wss_cases.safeguards.duties.duty.raising import responsible, tell_outside
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.questioning.queries import Questioning
from wss_cases.safeguards.restraint.models import RestraintRecord

WORK: tuple[Any, ...] = (CaseIncident, PoliceReview, DisciplineAction, RestraintRecord, Questioning)
"""What keeps a report at the school where it was worked on."""


def move_school(uow: UnitOfWork, incident: Incident, school_id: int) -> None:
    """File a report at another school of the actor's, under its next number; its duties go with it.

    Raises NotFound for a school that is not the actor's, Refused where work was done on the report, or where one of
    its people is not of the other school.
    """
    school = existing(uow.session.get(School, school_id))
    require(uow.actor, Permission.INCIDENT_REPORT, school)
    duties = list(uow.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == incident.id).with_for_update()))
    if incident.happened_at_id is not None or any(person.other_school_id for person in incident.people):
        raise Refused("school_id", _("Another school was notified of this report, so it stays where it is."))
    if _worked_on(uow, incident, [duty.id for duty in duties]):
        raise Refused(
            "school_id", _("This school has already started work on this report. Hand it over there instead.")
        )
    for person in incident.people:
        of_roster = person.student or person.staff
        if of_roster is not None and of_roster.school_id != school.id:
            words = _("%(name)s is not a student of this school. Correct who it was first.", name=person_words(person))
            raise Refused("school_id", words)
    number = uow.next_number(f"incident:{school.id}")
    incident.school_id, incident.number, incident.reference = school.id, number, f"{school.code}-I-{number:04d}"
    move_to_school(uow, incident)
    for duty in duties:
        duty.school_id = school.id
        uow.audit("duty.school_corrected", "legal_duty", duty.id, changes_of(duty))
        tell_outside(uow, duty, incident)
        for user_id in sorted(responsible(duty, uow.now)):
            key = f"duty:{duty.id}:{duty.state.value}:{user_id}"
            uow.notify(user_id, "duty_raised", duty, key, at_any_hour=True)
    if incident.state in WAITING:
        tell_that_it_waits(uow, incident)
    if incident.danger_now:
        tell_of_danger(uow, incident)


def _worked_on(uow: UnitOfWork, incident: Incident, duty_ids: list[int]) -> bool:
    done = [exists().where(model.incident_id == incident.id) for model in WORK]
    # what routing alone made goes along
    made = FollowUp.kind.in_(sorted(KINDS)) & (FollowUp.state != FollowUpState.DONE)
    done.append(exists().where(FollowUp.incident_id == incident.id, ~made))
    done.append(exists().where(LegalDutyStep.duty_id.in_(duty_ids)))
    return any(uow.session.scalar(select(one)) for one in done)
