"""Counts of the core reports besides incidents: students by how many incidents they are in, who reported, networks."""

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
from wss_cases.outcomes.counting.cache.cached_counts import Values, cached_count
from wss_cases.outcomes.counting.daily_figures.models import SavedView
from wss_cases.outcomes.counting.scope.queries import PreparedOfScope, by_days, counted, enrolled_within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.roster.directory.models import Enrolment, StaffMember

FEW, MANY = 2, 6
"""Incidents from which a student stands in the middle and in the upper band."""
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
    """Return the bands of all students (of a grade, when given) enrolled on any day of the period, in one query."""
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
    # a student of another school stands in a band here without being enrolled here, so nothing is subtracted
    several = select(each.c.student_id).where(each.c.number >= FEW)
    others = enrolled_within(actor, scope, grade).where(Enrolment.student_id.not_in(several))
    return select(others.scalar_subquery(), several_incidents, many).select_from(each)


_BANDS = PreparedOfScope(_each_band)


@dataclass(frozen=True)
class Reporting:
    """How many staff reported anything, of how many who work there."""

    reported: int
    staff: int


@cached_count("reporting", version=2, depends_on=_by_days_of_all)
def reporting(actor: Actor, scope: Scope, more: Sequence[ColumnElement[bool]] = ()) -> Reporting:
    """Return how many different people reported, and how many staff there are, in one query."""
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
    """Return (name, incidents) of who reported, most first; '' for reports that no account made. Only for the school's
    administrator: the caller has checked that."""
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
    """Return the words of every behaviour and every place, the newest wording of each, in the order of the words."""
    return _sorted(every_behavior(locale)), _sorted(every_place(locale))


def _sorted(words: dict[str, str]) -> dict[str, str]:
    return dict(sorted(words.items(), key=lambda pair: pair[1]))


def views_of(actor: Actor) -> list[SavedView]:
    """Return a person's own saved views by name."""
    mine = select(SavedView).where(SavedView.user_id == actor.user_id)
    return list(db.session.scalars(mine.order_by(SavedView.name)))
