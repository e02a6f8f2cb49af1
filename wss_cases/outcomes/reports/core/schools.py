"""All schools that a reader reaches beside each other, those where nothing was reported among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.daily_figures.queries import totals_by_school
from wss_cases.outcomes.counting.scope.queries import counted, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, reference_day, year_before
from wss_cases.roster.directory.models import Enrolment, School, StaffMember
from wss_cases.roster.directory.queries import school_days


@dataclass(frozen=True)
class SchoolRow:
    """One school: incidents now and in the same days of the year before, students, school days, staff, who reported."""

    id: int
    name: str
    incidents: int
    before: int
    students: int
    school_days: int
    staff: int
    reported: int


def school_rows(actor: Actor, scope: Scope) -> list[SchoolRow]:
    """Return every active school of a scope by name."""
    named = select(School.id, School.name).where(School.is_active, *within_schools(actor, scope, School.id))
    schools = db.session.execute(named.order_by(School.name, School.id)).all()
    incidents, earlier = totals_by_school(actor, scope), totals_by_school(actor, year_before(scope))
    reported = _by_school(Incident.school_id, counted(actor, scope), func.count(Incident.reporter_id.distinct()))
    staff = _by_school(
        StaffMember.school_id, [StaffMember.is_active.is_(True), *within_schools(actor, scope, StaffMember.school_id)]
    )
    days = school_days(None)
    on = reference_day(scope, days)
    there = and_(Enrolment.starts_on <= on, or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= on))
    students = _by_school(Enrolment.school_id, [there, *within_schools(actor, scope, Enrolment.school_id)])
    gone_by = days.between(scope.first, scope.last)
    return [
        SchoolRow(
            number, name, incidents.get(number, 0), earlier.get(number, 0), students.get(number, 0), gone_by,
            staff.get(number, 0), reported.get(number, 0),
        )
        for number, name in schools
    ]  # fmt: skip


def _by_school(column: Any, conditions: Sequence[ColumnElement[bool]], what: Any = None) -> dict[int, int]:
    number = func.count() if what is None else what
    statement = select(column, number).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(statement)}
