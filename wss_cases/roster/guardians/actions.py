"""Saying what applies to a guardian of a student: may be contacted, may receive records, kept away by an order."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import GuardianLimit, Student
from wss_cases.roster.directory.states import Restriction
from wss_cases.roster.guardians.queries import get_link, limit_of


@dataclass(frozen=True)
class Limits:
    """What the school knows of one guardian of one student; None is not known, of an order that there is none."""

    may_contact: bool | None
    may_receive_records: bool | None
    restriction: Restriction | None = None
    restricted_on: date | None = None


@use_case
def limit_guardian(uow: UnitOfWork, link_id: int, limits: Limits) -> int:
    """Record what applies to a guardian of a student. Returns the student's id.

    Whoever is kept away is neither contacted nor sent records, whatever else is said; only an administrator of the
    school says that an order no longer stands. Raises NotFound, Stale or Refused.
    """
    link = get_link(link_id)
    student = uow.load(Student, link.student_id, Permission.GUARDIAN_LIMIT)
    row = limit_of(link)
    if uow.version != (row.version if row else None):
        raise Stale
    _check(uow, student, limits, row.restriction if row else None)
    row = row or GuardianLimit(student_id=student.id, guardian_id=link.guardian_id)
    kept_off = limits.restriction is not None
    row.restriction, row.restricted_on = limits.restriction, limits.restricted_on if kept_off else None
    row.may_contact = False if kept_off else limits.may_contact
    row.may_receive_records = False if kept_off else limits.may_receive_records
    uow.record(row, "student.guardian_limit")
    return student.id


def _check(uow: UnitOfWork, student: Student, limits: Limits, stood: Restriction | None) -> None:
    if limits.restriction is None:
        if stood is not None and not uow.actor.covers(student.school_id, Role.ADMINISTRATOR):
            words = _("Only an administrator of the school records that an order no longer applies.")
            raise Refused("restriction", words)
    elif limits.restricted_on is None:
        raise Refused("restricted_on", _("Enter the date on the paper."))
    elif limits.restricted_on > today_at(student.school_id, uow.now):
        raise Refused("restricted_on", _("Choose today or an earlier day."))
