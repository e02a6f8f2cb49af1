"""Counts of students and staff behind the incidents of a school, and all schools of a reader side by side, including
those without reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import every_behavior, every_place
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.cache import Values, cached_count
from wss_cases.outcomes.counting.daily_figures.queries import SavedView, totals_by_school
from wss_cases.outcomes.counting.scope.queries import (
    PreparedOfScope,
    by_days,
    counted,
    enrolled_at,
    enrolled_within,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, reference_day, year_before
from wss_cases.roster.directory.models import Enrolment, School, StaffMember
from wss_cases.roster.directory.queries import school_days

FEW, MANY = 2, 6
"""The number of incidents from which a student is in the middle and in the upper band."""
MOST_REPORTERS = 100


@dataclass(frozen=True)
class Bands:
    """Students by the number of incidents they are reported to have caused harm in: 0 or 1, 2 to 5, 6 or more."""

    few: int
    some: int
    many: int


def _by_days_of_all(
    actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None
) -> Values:
    return None if more or grade is not None else by_days(actor, scope)


@cached_count("bands", version=3, depends_on=_by_days_of_all)
def bands_of(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None) -> Bands:
    """The bands of all students (of a grade, if given) enrolled on any day of the period, in one query."""
    if more or grade is not None:
        row = db.session.execute(_each_band(actor, scope, more, grade)).one()
    else:
        row = _BANDS.rows(actor, scope).one()
    return Bands(row[0], int(row[1] or 0), int(row[2] or 0))


def _each_band(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = (), grade: int | None = None) -> Any:
    person = IncidentPerson
    incidents = func.count(Incident.id.distinct()).label("number")
    each = (
        select(person.student_id, incidents)
        .select_from(Incident)
        .join(person, person.incident_id == Incident.id)
        .where(*counted(actor, scope), *more, person.role.in_(ACTED), person.student_id.is_not(None))
        .where(*([] if grade is None else [person.grade == grade]))
        .group_by(person.student_id)
        .cte("each_student")
    )
    several_incidents = func.sum(case((each.c.number.between(FEW, MANY - 1), 1), else_=0))
    many = func.sum(case((each.c.number >= MANY, 1), else_=0))
    # nothing is subtracted: a student of another school may be in a band here without being enrolled here
    several = select(each.c.student_id).where(each.c.number >= FEW)
    others = enrolled_within(actor, scope, grade).where(Enrolment.student_id.not_in(several))
    return select(others.scalar_subquery(), several_incidents, many).select_from(each)


_BANDS = PreparedOfScope(_each_band)


@dataclass(frozen=True)
class Reporting:
    """How many staff reported an incident, of how many staff."""

    reported: int
    staff: int


@cached_count("reporting", version=2, depends_on=_by_days_of_all)
def reporting(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> Reporting:
    """How many different people reported, and how many staff there are, in one query."""
    rows: Any = db.session.execute(_reporters(actor, scope, more)) if more else _REPORTING.rows(actor, scope)
    row = rows.one()
    return Reporting(row[0], row[1])


def _reporters(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> Any:
    reporters = select(func.count(Incident.reporter_id.distinct()))
    who = reporters.where(*counted(actor, scope), *more).scalar_subquery()
    staff = select(func.count()).where(StaffMember.is_active, *within_schools(actor, scope, StaffMember.school_id))
    return select(who, staff.scalar_subquery())


_REPORTING = PreparedOfScope(_reporters)


def by_reporter(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> list[tuple[str, int]]:
    """(name, incidents) of the people who reported, most first; '' for reports without an account. Only for the
    school's administrator; the caller has checked that."""
    number = func.count().label("number")
    statement = (
        select(func.coalesce(UserAccount.name, ""), number)
        .select_from(Incident)
        .outerjoin(UserAccount, UserAccount.id == Incident.reporter_id)
        .where(*counted(actor, scope), *more)
        .group_by(UserAccount.id, UserAccount.name)
        .order_by(number.desc(), UserAccount.name)
        .limit(MOST_REPORTERS)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def code_words(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """The labels of every behavior and every place, in their newest wording and sorted by label."""
    return _sorted(every_behavior(locale)), _sorted(every_place(locale))


def _sorted(words: dict[str, str]) -> dict[str, str]:
    return dict(sorted(words.items(), key=lambda pair: pair[1]))


def views_of(actor: Actor) -> list[SavedView]:
    mine = select(SavedView).where(SavedView.user_id == actor.user_id)
    return list(db.session.scalars(mine.order_by(SavedView.name)))


@dataclass(frozen=True)
class SchoolRow:
    """One school: incidents now and in the same days of the year before, students, school days, staff, people who
    reported."""

    id: int
    name: str
    incidents: int
    before: int
    students: int
    school_days: int
    staff: int
    reported: int


def school_rows(actor: Actor, scope: Scope) -> list[SchoolRow]:
    """Every active school of a scope by name."""
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
