"""Search results in the roster: students whose page the person may open, and colleagues of their schools."""

from collections.abc import Collection
from typing import Any

from flask import url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import search_words
from wss_cases.journal.rooms import Hit, Room, Searchable
from wss_cases.roster.directory.models import StaffMember, Student
from wss_cases.roster.directory.pages import grade_words, role_words
from wss_cases.roster.directory.queries import holds_words, named_or_numbered, schools_by_id, visible_to
from wss_cases.roster.directory.rules import last_digits


def students_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Student]:
    """Students with a name beginning with each typed word, or the number; those who left last, then by name."""
    words = search_words(typed)
    if not words or not actor.has(*CASE_TEAM):
        return []
    statement = visible_to(select(Student), actor).where(named_or_numbered(words))
    order = (Student.is_active.desc(), Student.search_key_family, Student.search_key, Student.id)
    return list(db.session.scalars(statement.order_by(*order).limit(limit).offset(skip)))


def staff_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Any]:
    """(name, role, school) of colleagues with a name beginning with each typed word."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    statement = select(StaffMember.name, StaffMember.role, StaffMember.school_id).where(
        in_schools(StaffMember.school_id, actor, *STAFF),
        StaffMember.is_active,
        *holds_words(StaffMember.search_key, words),
    )
    order = (StaffMember.search_key, StaffMember.id)
    return list(db.session.execute(statement.order_by(*order).limit(limit).offset(skip)))


def student_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Students with their grade, school and the last digits of their number."""
    students = students_found(actor, typed, limit, skip)
    schools = names_of_schools({student.school_id for student in students})
    return [
        Hit(
            student.shown_name,
            url_for("students.student", student_id=student.id),
            dotted(grade_words(student.grade), last_digits(student.student_number), schools.get(student.school_id)),
            "" if student.is_active else _("No longer at this school"),
        )
        for student in students
    ]


def staff_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Colleagues with their role and school; they have no page."""
    rows = staff_found(actor, typed, limit, skip)
    schools = names_of_schools({row.school_id for row in rows})
    return [Hit(row.name, None, dotted(role_words(row.role), schools.get(row.school_id))) for row in rows]


def names_of_schools(ids: Collection[int | None]) -> dict[int | None, str]:
    return {number: school.name for number, school in schools_by_id({one for one in ids if one is not None}).items()}


ROOM = Room(
    searchable=(
        Searchable("students", _l("Students"), 10, student_hits),
        Searchable("staff", _l("Staff"), 40, staff_hits),
    )
)
