"""Whom the text of a public page may name: every child and every adult of whom the system still knows."""

from typing import Any

from sqlalchemy import or_, select

from wss_cases.foundation.db import db
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.roster.directory.models import Enrolment, Guardian, StaffMember, StaffPost, Student, StudentGuardian
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import COLUMNS, NOBODY, called, guardians_named, students_named
from wss_cases.roster.names.rules import whole_names_in


def children_named(school_id: int, text: str) -> list[str]:
    if not text.strip():
        return []
    return Finder(NOBODY, (), students_named(select(*COLUMNS).where(_ever_at(school_id)))).of_school(text)


def adults_named(plan: SchoolPlan, text: str) -> list[str]:
    """Return the words of a text that name an adult: each takes a written yes of its own.

    Staff of the school, parents and guardians of its students, and members of its committees, past ones too, by any
    part of their name; staff of other schools by the whole one. The day of a member's yes is for the committee's
    list alone: whoever publishes could write it beside any name.
    """
    if not text.strip():
        return []
    here = or_(StaffMember.school_id == plan.school_id, StaffMember.id.in_(_posted(plan.school_id)))
    staff = db.session.scalars(select(StaffMember.name).where(here))
    members = db.session.scalars(select(PlanMember.name).where(PlanMember.school_id == plan.school_id))
    known = [called(name) for name in (*staff, *members) if name]
    children = select(Student.id).where(_ever_at(plan.school_id))
    known += guardians_named(StudentGuardian.student_id.in_(children), Guardian.name != "")
    elsewhere = db.session.scalars(select(StaffMember.name).where(~here))
    return list(dict.fromkeys([*Finder(NOBODY, (), known).of_school(text), *whole_names_in(text, elsewhere)]))


def _ever_at(school_id: int) -> Any:
    enrolled = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    return or_(Student.school_id == school_id, Student.id.in_(enrolled))


def _posted(school_id: int) -> Any:
    return select(StaffPost.staff_id).where(StaffPost.school_id == school_id)
