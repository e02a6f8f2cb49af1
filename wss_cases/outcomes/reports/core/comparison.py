"""A school beside itself a year before, and beside similar schools, of which only the middle is told."""

from dataclasses import dataclass, replace
from datetime import date
from statistics import median

from sqlalchemy import and_, func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.lists.queries import conditions_of
from wss_cases.outcomes.counting.scope.rules import Scope, is_alike, per_100_a_day, reference_day, year_before
from wss_cases.outcomes.counting.totals.queries import Core, core_of
from wss_cases.roster.directory.models import Enrolment, School
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
    students = _students(reference_day(scope, days), narrow.grade)
    grades = select(School.low_grade, School.high_grade).where(School.id == scope.school_id)
    span = db.session.execute(grades).one()
    alike = select(School.id).where(
        School.is_active, School.id != scope.school_id, School.low_grade == span[0], School.high_grade == span[1]
    )
    own = students.get(scope.school_id or 0, 0)
    found = [one for one in db.session.scalars(alike) if is_alike(own, students.get(one, 0))]
    if len(found) < FEWEST_SIMILAR:
        return Similar(len(found), None)
    number = select(Incident.school_id, func.count()).where(
        Incident.school_id.in_(found),
        Incident.local_date.between(scope.first, scope.last),
        Incident.state != IncidentState.DUPLICATE,
        *conditions_of(narrow),
    )
    incidents = {row[0]: row[1] for row in db.session.execute(number.group_by(Incident.school_id))}
    gone_by = days.between(scope.first, scope.last)
    rates = [per_100_a_day(incidents.get(one, 0), students[one], gone_by) for one in found]
    known = [rate for rate in rates if rate is not None]
    return Similar(len(found), median(known) if known else None)


def _students(on: date, grade: int | None) -> dict[int, int]:
    there = and_(Enrolment.starts_on <= on, or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= on))
    statement = select(Enrolment.school_id, func.count()).where(there)
    if grade is not None:
        statement = statement.where(Enrolment.grade == grade)
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(Enrolment.school_id))}
