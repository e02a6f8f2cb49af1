"""Students and colleagues as a search shows them."""

from collections.abc import Collection

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.rooms import Hit
from wss_cases.roster.directory.presenters import grade_words, role_words
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.directory.rules import last_digits
from wss_cases.roster.finding.queries import staff_found, students_found


def student_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return students with their grade, school and the last digits of their number."""
    found = students_found(actor, typed, limit, skip)
    schools = names_of_schools({student.school_id for student in found})
    return [
        Hit(
            student.shown_name,
            url_for("students.student", student_id=student.id),
            dotted(grade_words(student.grade), last_digits(student.student_number), schools.get(student.school_id)),
            "" if student.is_active else _("No longer at this school"),
        )
        for student in found
    ]


def staff_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return colleagues with what they are and where; they have no page."""
    found = staff_found(actor, typed, limit, skip)
    schools = names_of_schools({row.school_id for row in found})
    return [Hit(row.name, None, dotted(role_words(row.role), schools.get(row.school_id))) for row in found]


def names_of_schools(ids: Collection[int | None]) -> dict[int | None, str]:
    """Return the names of these schools."""
    return {number: school.name for number, school in schools_by_id({one for one in ids if one is not None}).items()}
