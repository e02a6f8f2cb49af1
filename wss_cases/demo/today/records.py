"""Records to be looked at in the demo school, one whose time is over, and a hold on a case."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.demo.district.schools import add_rows
from wss_cases.demo.story.world import World, rows
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import Disclosure
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.legal_holds import HoldKind
from wss_cases.records.retention.holds import Asked, open_record_hold
from wss_cases.roster.directory.models import Enrolment, Student

YEARS_AGO = 6
LOOKED_AT = 2


def add_records(world: World, now: datetime) -> None:
    """Two students who came from another school or have been here for long, one who left long ago, one hold."""
    place, elsewhere = world.places[0], world.places[-1]
    seen = select(IncidentPerson.student_id).where(IncidentPerson.student_id.is_not(None))
    here = (
        select(Student.id, func.min(Enrolment.starts_on))
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(Student.school_id == place.id, Student.is_active, Student.id.in_(seen))
        .group_by(Student.id)
        .order_by(Student.id)
        .limit(LOOKED_AT)
    )
    with unit_of_work(SYSTEM, now) as uow:
        stays = [
            {"student_id": number, "school_id": elsewhere.id, "starts_on": _earlier(began),
             "ends_on": began - timedelta(days=60)}
            for number, began in uow.session.execute(here).all()
        ]  # fmt: skip
        add_rows(uow, Enrolment, stays)
        uow.audit("demo.enrolled", "enrolment", None, {"rows": [None, len(stays)]})
        _left_long_ago(uow, place.id, seen)
    _hold(world, place.id, now)


def _earlier(day: date) -> date:
    return day - timedelta(days=364 * YEARS_AGO)


def _left_long_ago(uow: UnitOfWork, school_id: int, seen: Select[int | None]) -> None:
    at_school = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    gone = select(Student).where(~Student.is_active, Student.id.in_(at_school), Student.id.not_in(seen))
    student = uow.session.scalars(gone.order_by(Student.id).limit(1)).first()
    if student is None:
        return
    for stay in uow.session.scalars(select(Enrolment).where(Enrolment.student_id == student.id)):
        stay.starts_on = _earlier(stay.starts_on)
        stay.ends_on = _earlier(stay.ends_on) if stay.ends_on else None
    office = "Records office of the next school"
    told = Disclosure(
        student_id=student.id, school_id=school_id, at=uow.now - timedelta(days=364 * YEARS_AGO), asked_by=office,
        told_whom=office, interest="The student goes on there", purpose="To go on where this school ended",
        fields=["Attendance of the last year"], object_type="student", object_id=student.id,
    )  # fmt: skip
    changes = changes_of(told)
    uow.add(told)
    uow.audit("disclosure.made", "disclosure", told.id, changes)


def _hold(world: World, school_id: int, now: datetime) -> None:
    with_student = select(CaseParticipant.case_id).where(CaseParticipant.student_id.is_not(None))
    known = (Case.school_id == school_id) & Case.state.in_(OPEN) & Case.id.in_(with_student)
    found = rows(Case.reference, where=known, order_by=Case.id)
    if found:
        asked = Asked(
            found[0][0], HoldKind.LEGAL_HOLD, "The district’s counsel",
            "Letter 14 of this year: keep everything until it is answered.",
        )  # fmt: skip
        open_record_hold(world.calls(world.district, now), asked)
