"""The people who may be asked: students whose family has not opted them out, families, and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, exists, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import Base, Id, db, where
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
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
from wss_cases.roster.directory.queries import get_student
from wss_cases.surveys.rounds import SurveyGroup


class SurveyOptOut(Base):
    """A family's refusal of surveys for their child, from a day until it is withdrawn.

    The school records it. It counts in every round that opens while it stands.
    """

    __tablename__ = "survey_opt_out"
    __table_args__ = (
        Index("uq_survey_opt_out_student", "student_id", unique=True, **where("ended_on IS NULL")),
        Index("ix_survey_opt_out_school", "school_id"),
        CheckConstraint("ended_on is null or ended_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


@dataclass(frozen=True)
class Address:
    person_id: int
    email: str
    language: str


def standing_opt_out(student_id: int) -> SurveyOptOut | None:
    """A student's current opt-out; None while they take part. The caller has checked the student."""
    mine = (SurveyOptOut.student_id == student_id, SurveyOptOut.ended_on.is_(None))
    return db.session.scalar(select(SurveyOptOut).where(*mine))


def opted_out(school_id: int, day: date) -> list[Student]:
    """The students of a school who take no part on a day, by name. The caller has checked that the actor may see
    them."""
    statement = _enrolled(school_id, day, Student).where(_opt_out_stands(day))
    return list(db.session.scalars(statement.order_by(Student.search_key_family, Student.search_key, Student.id)))


def students_by_grade(school_id: int, day: date) -> dict[int | None, int]:
    """The number of students per grade who may be asked on a day, without those opted out."""
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
    """The guardians of a school's students who may be written to, without those restricted by an order or by the
    school.

    `email` is '' where none is known; these can get a printed slip.
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
    """The staff of a school. `email` is '' for those without one, and for those who turned emails off in their
    settings."""
    posted = select(StaffPost.staff_id).where(StaffPost.school_id == school_id)
    own = or_(StaffMember.school_id == school_id, StaffMember.id.in_(posted))
    wants_none = exists().where(MailChoice.user_id == StaffMember.user_id, MailChoice.style == MailStyle.NONE)
    statement = select(StaffMember.id, StaffMember.email, wants_none).where(own, StaffMember.is_active)
    rows = db.session.execute(statement.order_by(StaffMember.id)).all()
    return [Address(row[0], "" if row[2] else row[1], "") for row in rows]


def people_of(school_id: int, group: SurveyGroup, day: date) -> int:
    """The number of people in a group, which is the most that may answer."""
    if group is SurveyGroup.STUDENT:
        return sum(students_by_grade(school_id, day).values())
    return len(addresses_of(school_id, group, day))


def addresses_of(school_id: int, group: SurveyGroup, day: date) -> Sequence[Address]:
    """The people of a group who are invited individually; empty for students, who get slips without a name."""
    if group is SurveyGroup.STUDENT:
        return ()
    return families(school_id, day) if group is SurveyGroup.FAMILY else staff(school_id)


class PartForm(PlainForm):
    """Whether a student takes part."""

    takes_part = radio(
        _l("Does this student take part in school surveys?"),
        {"yes": _l("Yes"), "no": _l("No, the family opted out")},
        _l("Choose an answer."),
        description=_l("A student who takes part may still leave out any question, or all of them."),
    )


def _address(student: Student) -> str:
    return url_for("students.student", student_id=student.id)


pages = Pages("survey_opt_outs", __name__, trail=lambda student: [(student.shown_name, _address(student))])


@pages.act(
    "/students/<int:student_id>/surveys", Subject(Student, get_student), PartForm, Permission.SURVEY_OPT_OUT, adds=True,
    endpoint="student", title=_l("School surveys"), button=_l("Save"), lede=lambda student: student.shown_name,
    start=lambda student: {"takes_part": "no" if standing_opt_out(student.id) else "yes"},
    then=lambda student, _id: _address(student), boxed=False,
)  # fmt: skip
def say_part(uow: UnitOfWork, student: Student, form: PartForm) -> None:
    """Record whether a student takes part in surveys; repeating the same value changes nothing."""
    takes_part = form.takes_part.data == "yes"
    today, standing = today_at(student.school_id, uow.now), standing_opt_out(student.id)
    if takes_part and standing is not None:
        standing.ended_on = today
        uow.record(standing, "survey_opt_out.ended")
    elif not takes_part and standing is None:
        row = SurveyOptOut(
            student_id=student.id, school_id=student.school_id, starts_on=today, recorded_by_id=uow.actor.user_id
        )
        uow.add(row)
        uow.record(row, "survey_opt_out.recorded")
    else:
        uow.no_audit()


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """The panel on a student's page that shows whether the family opted out of surveys; None for an actor who may not
    record that."""
    if not can(actor, Permission.SURVEY_OPT_OUT, student):
        return None
    href = url_for("survey_opt_outs.student", student_id=student.id)
    return "surveys/people/_panel.html", {"is_out": standing_opt_out(student.id) is not None, "href": href}


ROOM = Room(
    pages=(pages,),
    panels=(Panel(Place.STUDENT, 70, student_panel),),
    sentences={
        "survey_opt_out.recorded": _l("The family opted out of school surveys"),
        "survey_opt_out.ended": _l("The family agrees to school surveys again"),
    },
)
