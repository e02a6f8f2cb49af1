"""Records to be looked at in the demo school, one whose time is over, and a hold on a case."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select

from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import AuditEntry, Disclosure
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.roster.directory.models import Enrolment, Student

YEARS_AGO = 6
LOOKED_AT = 2


@dataclass(frozen=True)
class Retained:
    """Where it stands: the demo school, another one, and who of the district was asked to hold something."""

    school_id: int
    elsewhere_id: int
    district_id: int


def add_retention(uow: UnitOfWork, where: Retained) -> None:
    """Two students who came from another school or have been here for long, one who left long ago, one hold."""
    seen = select(IncidentPerson.student_id).where(IncidentPerson.student_id.is_not(None))
    here = (
        select(Student.id, func.min(Enrolment.starts_on))
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(Student.school_id == where.school_id, Student.is_active, Student.id.in_(seen))
        .group_by(Student.id)
        .order_by(Student.id)
        .limit(LOOKED_AT)
    )
    for student_id, began in uow.session.execute(here).all():
        uow.session.add(
            Enrolment(
                student_id=student_id,
                school_id=where.elsewhere_id,
                starts_on=_earlier(began),
                ends_on=began - timedelta(days=60),
            )
        )
    _left_long_ago(uow, where, seen)
    _hold(uow, where)


def _earlier(day: date) -> date:
    return day - timedelta(days=365 * YEARS_AGO)


def _left_long_ago(uow: UnitOfWork, where: Retained, seen: Select[int | None]) -> None:
    at_school = select(Enrolment.student_id).where(Enrolment.school_id == where.school_id)
    gone = select(Student).where(~Student.is_active, Student.id.in_(at_school), Student.id.not_in(seen))
    student = uow.session.scalars(gone.order_by(Student.id).limit(1)).first()
    if student is None:
        return
    for stay in uow.session.scalars(select(Enrolment).where(Enrolment.student_id == student.id)):
        stay.starts_on = _earlier(stay.starts_on)
        stay.ends_on = _earlier(stay.ends_on) if stay.ends_on else None
    told = Disclosure(
        student_id=student.id, school_id=where.school_id, at=uow.now - timedelta(days=365 * YEARS_AGO),
        asked_by="Records office of the next school", told_whom="Records office of the next school",
        interest="The student goes on there", purpose="To go on where this school ended",
        fields=["Attendance of the last year"], object_type="student", object_id=student.id,
    )  # fmt: skip
    changes = changes_of(told)
    uow.session.add(told)
    uow.session.flush()
    uow.audit("disclosure.made", "disclosure", told.id, changes)


def _hold(uow: UnitOfWork, where: Retained) -> None:
    of_school = select(Case.id).where(Case.school_id == where.school_id, Case.state.in_(OPEN))
    with_student = select(CaseParticipant.case_id).where(CaseParticipant.student_id.is_not(None))
    found = uow.session.scalars(of_school.where(Case.id.in_(with_student)).order_by(Case.id).limit(1)).first()
    if found is None:
        return
    opened: datetime = uow.now - timedelta(days=1)
    hold = LegalHold(
        case_id=found, school_id=where.school_id, kind=HoldKind.LEGAL_HOLD, asked_by="The district’s counsel",
        reason="Letter 14 of this year: keep everything until it is answered.", opened_at=opened,
        opened_by_id=where.district_id,
    )  # fmt: skip
    changes = changes_of(hold)
    uow.session.add(hold)
    uow.session.flush()
    uow.session.add(
        AuditEntry(
            at=opened, actor_id=where.district_id, action="hold.opened", object_type="legal_hold", object_id=hold.id,
            changes=changes,
        )
    )  # fmt: skip
