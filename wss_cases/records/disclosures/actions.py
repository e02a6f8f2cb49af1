"""Writing down by hand that something of a student's record went to somebody outside (FERPA 99.32)."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import at_local, local_date, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Student

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Given:
    """What was disclosed by hand: who asked, who got what on which day, why they may have it, and for what use.

    `of_housing`: it tells of a need for housing support.
    """

    asked_by: str
    told_whom: str
    told_on: date
    what: str
    interest: str
    purpose: str
    of_housing: bool = False


@use_case
def record_disclosure(uow: UnitOfWork, student_id: int, given: Given) -> int:
    """Add one disclosure of a student; returns its id. Raises NotFound, or Refused for a day to come."""
    student = uow.load(Student, student_id, Permission.DISCLOSURE_RECORD)
    zone = zone_of(student.school_id)
    if not EARLIEST <= given.told_on <= local_date(uow.now, zone):
        raise Refused("told_on", _("Choose today or an earlier day."))
    texts = {name: getattr(given, name).strip() for name in ("asked_by", "told_whom", "interest", "purpose")}
    at = at_local(given.told_on, 12, 0, zone)
    what = [given.what.strip()]
    return uow.disclose(student, student.id, fields=what, at=at, of_housing=given.of_housing, **texts).id
