"""Reading who may be asked: students whose family has not opted them out, families, and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import MailChoice, MailStyle
from wss_cases.roster.directory.models import (
    Enrolment,
    Guardian,
    GuardianLimit,
    StaffMember,
    StaffPost,
    Student,
    StudentGuardian,
)
from wss_cases.surveys.instrument.states import SurveyGroup
from wss_cases.surveys.people.models import SurveyOptOut


@dataclass(frozen=True)
class Address:
    """Somebody who can be invited by email: a guardian or a member of staff, by their number."""

    person_id: int
    email: str
    language: str


def standing_opt_out(student_id: int) -> SurveyOptOut | None:
    """Return what a student's family said, None while they take part. The caller has checked the student."""
    mine = (SurveyOptOut.student_id == student_id, SurveyOptOut.ended_on.is_(None))
    return db.session.scalar(select(SurveyOptOut).where(*mine))


def opted_out(school_id: int, day: date) -> list[Student]:
    """Return the students of a school who take no part on a day, by name; the caller may see them."""
    statement = _enrolled(school_id, day, Student).where(_opt_out_stands(day))
    return list(db.session.scalars(statement.order_by(Student.search_key_family, Student.search_key, Student.id)))


def students_by_grade(school_id: int, day: date) -> dict[int | None, int]:
    """Return how many students of each grade may be asked on a day: none whose family opted them out."""
    counted = _enrolled(school_id, day, Student.grade, func.count(Student.id.distinct()))
    rows = db.session.execute(counted.where(~_opt_out_stands(day)).group_by(Student.grade)).all()
    return {row[0]: int(row[1]) for row in sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))}


def _enrolled(school_id: int, day: date, *columns: Any) -> Select[Any]:
    stays = or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day)
    enrolled = select(Enrolment.student_id).where(Enrolment.school_id == school_id, Enrolment.starts_on <= day, stays)
    return select(*columns).where(Student.id.in_(enrolled), Student.is_active)


def _opt_out_stands(day: date) -> Any:
    until = or_(SurveyOptOut.ended_on.is_(None), SurveyOptOut.ended_on > day)
    return exists().where(SurveyOptOut.student_id == Student.id, SurveyOptOut.starts_on <= day, until)


def families(school_id: int, day: date) -> list[Address]:
    """Return the guardians of a school's students who may be written to; no one whom an order or the school keeps away.

    `email` is '' where none is known: they can be given a printed slip.
    """
    students = _enrolled(school_id, day, Student.id)
    kept_away = exists().where(
        GuardianLimit.guardian_id == Guardian.id,
        GuardianLimit.student_id.in_(students),
        or_(GuardianLimit.restriction.is_not(None), GuardianLimit.may_contact.is_(False)),
    )
    theirs = select(StudentGuardian.guardian_id).where(StudentGuardian.student_id.in_(students))
    statement = select(Guardian.id, Guardian.email, Guardian.language).where(Guardian.id.in_(theirs), ~kept_away)
    return [Address(row[0], row[1], row[2] or "en") for row in db.session.execute(statement.order_by(Guardian.id))]


def staff(school_id: int) -> list[Address]:
    """Return the staff of a school; `email` is '' for whoever has none, or asked in their settings for no such mail."""
    posted = select(StaffPost.staff_id).where(StaffPost.school_id == school_id)
    own = or_(StaffMember.school_id == school_id, StaffMember.id.in_(posted))
    wants_none = exists().where(MailChoice.user_id == StaffMember.user_id, MailChoice.style == MailStyle.NONE)
    statement = select(StaffMember.id, StaffMember.email, wants_none).where(own, StaffMember.is_active)
    rows = db.session.execute(statement.order_by(StaffMember.id)).all()
    return [Address(row[0], "" if row[2] else row[1], "") for row in rows]


def people_of(school_id: int, group: SurveyGroup, day: date) -> int:
    """Return how many people of a group there are to ask: the most that may answer."""
    if group is SurveyGroup.STUDENT:
        return sum(students_by_grade(school_id, day).values())
    return len(addresses_of(school_id, group, day))


def addresses_of(school_id: int, group: SurveyGroup, day: date) -> Sequence[Address]:
    """Return the people of a group who are asked one by one; students are not, who get a slip without a name."""
    if group is SurveyGroup.STUDENT:
        return ()
    return families(school_id, day) if group is SurveyGroup.FAMILY else staff(school_id)
