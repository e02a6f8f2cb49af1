"""Holds on a student or a case, by the district: opened by who was asked, released by a named person with a reason."""

from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.legal_holds.actions import open_hold, release_hold
from wss_cases.pathways.legal_holds.models import LegalHold
from wss_cases.pathways.legal_holds.states import HoldKind
from wss_cases.records.retention.core.queries import record_school
from wss_cases.roster.directory.models import Student


@dataclass(frozen=True)
class Asked:
    """What a hold is for: whose number it names, who asked and why."""

    number: str
    kind: HoldKind
    asked_by: str
    reason: str


@use_case
def open_record_hold(uow: UnitOfWork, request: Asked) -> int:
    """Hold the record of a student, by their number, or of a case, by its own. Returns the hold's id.

    Raises Refused for a number that is none, or not of a school that the actor reaches: the two look the same.
    """
    refuse_blank("asked_by", request.asked_by, _("Enter who asked for it."))
    hold = _on(uow, request.number.strip())
    if hold is None or not can(uow.actor, Permission.HOLD_MANAGE, hold):
        raise Refused("number", _("There is no case and no student with this number at your schools."))
    hold.kind, hold.asked_by, hold.reason = request.kind, request.asked_by.strip(), request.reason
    open_hold(uow, hold)
    return hold.id


def _on(uow: UnitOfWork, number: str) -> LegalHold | None:
    """Return a hold on what has this number, which is locked; None for nothing, or for more than one."""
    case = uow.session.scalars(select(Case).where(Case.reference == number).with_for_update()).one_or_none()
    if case is not None:
        return LegalHold(case_id=case.id, school_id=case.school_id)
    students = uow.session.execute(
        select(Student.id, record_school()).where(Student.student_number == number, Student.student_number != "")
    ).all()
    if len(students) != 1 or students[0][1] is None:
        return None
    uow.session.get(Student, students[0][0], with_for_update=True)
    return LegalHold(student_id=students[0][0], school_id=students[0][1])


@use_case
def release_record_hold(uow: UnitOfWork, hold_id: int, reason: str) -> int:
    """End a hold with a reason. Raises NotFound for one that is not theirs, Refused when it is over already."""
    hold = uow.load(LegalHold, hold_id, Permission.HOLD_MANAGE)
    release_hold(uow, hold, reason, uow.version)
    return hold.id
