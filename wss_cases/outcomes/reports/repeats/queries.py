"""Students in another incident within so many school days attended. This is never an effect of what was done."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, String, cast, func, literal, select, union_all

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.cache.cached_counts import Values, cached_count
from wss_cases.outcomes.counting.scope.queries import reads_all, streamed, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.reports.repeats.rules import (
    LENGTHS,
    Repeat,
    attended,
    repeated_within,
    repeats_by_month,
    repeats_until,
)
from wss_cases.roster.directory.models import Enrolment, School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction, DisciplineKind
from wss_cases.safeguards.discipline.removals.rules import Span

CAUSED: Final = (PersonRole.CAUSED_HARM, PersonRole.BOTH)
ACT, ENROLLED, REMOVED = "act", "enrolled", "removed"
Where = tuple[str | None, int]
"""The network and the school."""
Window = tuple[Where, int, date, list[bool | None]]
"""Where, the incident's person, its day, and for each length whether another came in it; None where it is not over."""


def repeats_of(actor: Actor, scope: Scope, days: SchoolDays) -> list[Repeat]:
    """Return the windows of each length, in one query; `days` are the school days of its school or district."""
    return repeats_until(_by_month(actor, scope, days), f"{scope.last:%Y-%m}")


def _by_first_day(actor: Actor, scope: Scope, _days: SchoolDays) -> Values:
    return (scope.first,) if reads_all(actor, scope) else None


@cached_count("repeats", version=2, depends_on=_by_first_day)
def _by_month(actor: Actor, scope: Scope, days: SchoolDays) -> list[list[Any]]:
    """Return the windows of the year, summed up to each month, so that a report can end with any of them."""
    counts: Counter[tuple[str, int, str | None, int, bool | None]] = Counter()
    for where, _person, day, windows in _windows(streamed(_lives(actor, scope)), scope, days):
        for length, repeated in zip(LENGTHS, windows, strict=True):
            counts[f"{day:%Y-%m}", length, *where, repeated] += 1
    return repeats_by_month(counts)


def finished_windows(actor: Actor, scope: Scope, days: SchoolDays, length: int) -> dict[int, bool]:
    """Return the people of incidents (of one school) whose window of this length is over, and whether another incident
    came in it."""
    rows = db.session.execute(_lives(actor, scope))
    place = LENGTHS.index(length)
    return {
        person: came
        for _where, person, day, windows in _windows(rows, scope, days)
        if day <= scope.last and (came := windows[place]) is not None
    }


def caused(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions of a student who is reported to have caused harm in an incident since the period began."""
    return [
        *within_schools(actor, scope, Incident.school_id),
        Incident.local_date >= scope.first,
        Incident.counts(),
        IncidentPerson.role.in_(CAUSED),
        IncidentPerson.student_id.is_not(None),
    ]


def _lives(actor: Actor, scope: Scope) -> Select[Any]:
    """Return a select of what matters of each student at a school: incidents, when enrolled, when removed."""
    acts = (
        select(IncidentPerson.student_id, Incident.school_id, Incident.local_date)
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .where(*caused(actor, scope))
    )
    students = acts.with_only_columns(IncidentPerson.student_id)
    person = func.min(IncidentPerson.id)
    # of one network alone its name says nothing
    network = School.network if scope.is_all else literal(None, String)
    nothing, nowhere = (literal(None, Date), person, literal(""), literal(ACT)), literal(None, String)
    one_a_student = (
        acts.join(School, School.id == Incident.school_id)
        .add_columns(*nothing, network)
        .group_by(Incident.id, IncidentPerson.student_id, Incident.school_id, Incident.local_date, School.network)
    )
    enrolment = select(
        Enrolment.student_id, Enrolment.school_id, Enrolment.starts_on, Enrolment.ends_on, literal(0),
        literal(""), literal(ENROLLED), nowhere,
    ).where(*within_schools(actor, scope, Enrolment.school_id), Enrolment.student_id.in_(students))  # fmt: skip
    action = DisciplineAction
    removal = select(
        action.student_id, action.school_id, action.starts_on, action.ends_on, action.days,
        cast(action.kind, String(40)), literal(REMOVED), nowhere,
    ).where(
        *within_schools(actor, scope, action.school_id), action.student_id.in_(students),
        action.state == ActionState.STANDING,
    )  # fmt: skip
    both = union_all(one_a_student, enrolment, removal).subquery()
    who = list(both.c)
    return select(*who).order_by(who[0], who[1])


def _windows(rows: Iterable[Any], scope: Scope, days: SchoolDays) -> Iterator[Window]:
    """Yield the windows of the school year; what lies after it is only looked at for what followed."""
    yesterday = scope.today - timedelta(days=1)
    over = [
        day
        for number in range((yesterday - scope.first).days + 1)
        if days.is_school_day(day := scope.first + timedelta(days=number))
    ]
    for (_student, school_id), lines in groupby(rows, itemgetter(0, 1)):
        network: str | None = None
        acts: list[tuple[date, int]] = []
        enrolled: list[tuple[date, date | None]] = []
        removed: list[Span] = []
        for _who, _school, first, last, number, kind, what, name in lines:
            if what == ACT:
                network = name
                acts.append((first, number))
            elif what == ENROLLED:
                enrolled.append((first, last))
            else:
                removed.append(Span(DisciplineKind(kind), number, first, last))
        there = attended(over, enrolled, removed, days) if acts else ()
        happened = sorted(day for day, _person in acts)
        for day, person in acts:
            yield (network, school_id), person, day, repeated_within(day, happened, there)
