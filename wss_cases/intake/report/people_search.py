"""Students and staff of a school as items of the search field, for pages without JavaScript and for chips."""

from collections.abc import Sequence

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.queries import recent_students
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.intake.report.forms import NAMED, NUMBER, captured_person
from wss_cases.roster.directory.models import StaffMember, Student
from wss_cases.roster.directory.pages import short_grade
from wss_cases.roster.directory.queries import staff_matching, students_matching

Item = dict[str, str]
FULL_NUMBER = 6
"""How many digits a number has at least that is offered as another school's."""


def student_meta(grade: int | None, number: str) -> str:
    """Return what tells two students of one name apart: grade and the last digits of the number."""
    parts = [short_grade(grade), number[-4:]]
    return " · ".join(part for part in parts if part)


def search_items(actor: Actor, school_id: int, words: str) -> list[Item]:
    """Return at most ten matches of a school, the person's recent students first and staff after them.

    A full number that nobody here has is offered as another school's student's: nobody is looked up there for it. Any
    other words that fit nobody here are offered as a name to keep as it is typed.
    """
    recent = recent_students(actor, school_id)
    items = [
        _item(str(who.id), who.name, student_meta(who.grade, who.number))
        for who in students_matching(actor, school_id, words, recent=recent)
    ]
    items += [_item(f"staff:{who.id}", who.name, who.role) for who in staff_matching(actor, school_id, words)]
    number = words.strip()
    if not items and number.isascii() and number.isdecimal() and len(number) >= FULL_NUMBER:
        items = [_number_item(number)]
    elif not items and any(map(str.isalpha, number)) and captured_person(NAMED + number) is not None:
        items = [_named_item(number)]
    return items[:10]


def is_on_list(items: Sequence[Item]) -> bool:
    """Whether what a search found stands on a list, and is no name that is only typed."""
    return any(not item["value"].startswith(NAMED) for item in items)


def _item(value: str, label: str, meta: str) -> Item:
    return {"value": value, "label": label, "meta": meta}


def _number_item(number: str) -> Item:
    return _item(f"{NUMBER}:{number}", _("A student of another school"), number)


def _named_item(name: str) -> Item:
    return _item(f"{NAMED}{name}", name, _("not on this school’s list; kept as typed"))


def people_items(school_id: int, people: Sequence[CapturedPerson]) -> list[Item]:
    """Return chosen people as chips, in order; those not of this school are left out (saving refuses them)."""
    student_ids = [p.id for p in people if p.kind is PersonKind.STUDENT]
    staff_ids = [p.id for p in people if p.kind is PersonKind.STAFF]
    items: dict[tuple[PersonKind, int | None], Item] = {}
    if student_ids:
        of_school = select(Student).where(Student.id.in_(student_ids), Student.school_id == school_id)
        for student in db.session.scalars(of_school):
            meta = student_meta(student.grade, student.student_number)
            items[PersonKind.STUDENT, student.id] = _item(str(student.id), student.shown_name, meta)
    if staff_ids:
        of_school_staff = select(StaffMember).where(StaffMember.id.in_(staff_ids), StaffMember.school_id == school_id)
        for staff in db.session.scalars(of_school_staff):
            items[PersonKind.STAFF, staff.id] = _item(f"staff:{staff.id}", staff.name, staff.role)
    described = {
        p: _number_item(p.description) if p.description.isdecimal() else _named_item(p.description)
        for p in people
        if p.description
    }
    return [item for p in people if (item := described.get(p) or items.get((p.kind, p.id)))]
