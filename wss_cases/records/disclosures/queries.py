"""Reading the record of disclosures; every read starts from what the actor may see."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true

from wss_cases.access.actor import Actor, Role
from wss_cases.access.housing import may_know_of_housing
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import at_local, zone_of
from wss_cases.journal.models import Disclosure
from wss_cases.roster.directory.models import Student

PAGE = 20
RECORD_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR)
"""Who keeps the disclosures of their school's students; auditors read them all."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Students whose disclosures the actor may read: the record goes with the student."""
    return true() if actor.has(Role.AUDITOR) else in_schools(Student.school_id, actor, *RECORD_ROLES)


def in_window(actor: Actor) -> ColumnElement[bool]:
    """Disclosures of students in reach that the actor's years still show; one tells what else has faded from view."""
    if actor.has(Role.AUDITOR):
        return true()
    parts: list[ColumnElement[bool]] = [Disclosure.student_id.in_(sorted(actor.past_students))]
    for grant in actor.grants:
        here = in_schools(Student.school_id, replace(actor, grants=(grant,)), *RECORD_ROLES)
        first = grant.sees_from
        parts.append(here if first is None else here & (Disclosure.at >= at_local(first, 0, 0, zone_of(None))))
    return or_(*parts)


def shown_as(actor: Actor, student: Student) -> str:
    """Return how a student is called in the record: an auditor reads what went where beside a number, not a name."""
    keeps = actor.covers(student.school_id, *RECORD_ROLES)
    return student.shown_name if keeps else student.student_number or _("Student %(number)s", number=student.id)


@dataclass(frozen=True)
class ListedDisclosure:
    """One disclosure with the names that stand beside it; `made_by` is '' for the system.

    `veiled`: it tells of a need for housing support, of which the reader may not know.
    """

    row: Disclosure
    student: Student
    made_by: str
    veiled: bool


def get_student(actor: Actor, student_id: int) -> Student:
    """Return a student whose disclosures the actor may read. Raises NotFound."""
    return existing(db.session.scalar(select(Student).where(Student.id == student_id, visible_to(actor))))


def disclosures(
    actor: Actor, student_id: int | None = None, before: tuple[datetime, int] | None = None, limit: int = PAGE
) -> list[ListedDisclosure]:
    """Return disclosures of one student, or of all that the actor may read, the latest first.

    `before` is the time and id of the last one shown.
    """
    statement = (
        select(Disclosure, Student, UserAccount.name)
        .join(Student, Student.id == Disclosure.student_id)
        .outerjoin(UserAccount, UserAccount.id == Disclosure.made_by_id)
    )
    if student_id is not None:
        statement = statement.where(Disclosure.student_id == student_id)
    if before is not None:
        at, number = before
        later = (Disclosure.at == at) & (Disclosure.id < number)
        statement = statement.where((Disclosure.at < at) | later)
    ordered = (
        statement.where(visible_to(actor), in_window(actor))
        .order_by(Disclosure.at.desc(), Disclosure.id.desc())
        .limit(limit)
    )
    return [
        ListedDisclosure(row, student, name or "", row.of_housing and not may_know_of_housing(actor, student.school_id))
        for row, student, name in db.session.execute(ordered)
    ]
