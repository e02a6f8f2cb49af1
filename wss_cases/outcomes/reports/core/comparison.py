"""A school beside itself a year before and beside similar schools, of which only the middle is told; and all schools
that a reader reaches beside each other, those where nothing was reported among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of
from wss_cases.outcomes.counting.daily_figures.queries import totals_by_school
from wss_cases.outcomes.counting.scope.queries import counted, enrolled_at, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, is_alike, per_100_a_day, reference_day, year_before
from wss_cases.outcomes.counting.totals.queries import Core, core_of
from wss_cases.roster.directory.models import Enrolment, School, StaffMember
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

FEWEST_SIMILAR = 5


@dataclass(frozen=True)
class Similar:
    """How many schools are similar, and the median of their rates; None where too few are to hide each of them."""

    schools: int
    rate: float | None


def core_before(actor: Actor, scope: Scope, days: SchoolDays, narrow: IncidentFilter) -> Core:
    """Return the same days of the year before, narrowed the same way."""
    month = f"{int(narrow.month[:4]) - 1}{narrow.month[4:]}" if narrow.month else None
    return core_of(actor, year_before(scope), days, replace(narrow, month=month))


def similar(scope: Scope, narrow: IncidentFilter) -> Similar:
    """Return the middle of the schools with the same grades and about as many students as the scope's school.

    It reads schools that the actor may not see, so it tells a median of five schools or more, and nothing else.
    """
    days = school_days(None)
    grade = [] if narrow.grade is None else [Enrolment.grade == narrow.grade]
    students = _by_school(Enrolment.school_id, [*enrolled_at(reference_day(scope, days)), *grade])
    grades = select(School.low_grade, School.high_grade).where(School.id == scope.school_id)
    span = db.session.execute(grades).one()
    alike = select(School.id).where(
        School.is_active, School.id != scope.school_id, School.low_grade == span[0], School.high_grade == span[1]
    )
    own = students.get(scope.school_id or 0, 0)
    others = [one for one in db.session.scalars(alike) if is_alike(own, students.get(one, 0))]
    if len(others) < FEWEST_SIMILAR:
        return Similar(len(others), None)
    counted_there = (
        Incident.school_id.in_(others),
        Incident.local_date.between(scope.first, scope.last),
        Incident.counts(),
        *conditions_of(narrow),
    )
    incidents = _by_school(Incident.school_id, counted_there)
    gone_by = days.between(scope.first, scope.last)
    rates = [per_100_a_day(incidents.get(one, 0), students[one], gone_by) for one in others]
    known = [rate for rate in rates if rate is not None]
    return Similar(len(others), median(known) if known else None)


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
    enrolled = [*enrolled_at(reference_day(scope, days)), *within_schools(actor, scope, Enrolment.school_id)]
    students = _by_school(Enrolment.school_id, enrolled)
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
