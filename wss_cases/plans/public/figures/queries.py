"""Counting different students of one school for its public page."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import at_local, zone_of
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.repair.police import students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import HARMED, counted, enrolled_within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT
from wss_cases.outcomes.equity.tables import settled
from wss_cases.plans.public.figures.bounds import Reports
from wss_cases.plans.public.figures.rules import Numbers
from wss_cases.plans.public.figures.states import CLOSED, POLICE, REMOVED, REPAIRED
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


def scope_for(school_id: int, today: date) -> Scope | None:
    """Return what a page of today counts: this school year up to the end of the last month that is over; None before
    one is."""
    scope = scope_of(school_id, school_year(today), today)
    return settled(scope) if scope is not None else None


def count_numbers(scope: Scope) -> Numbers:
    """Return every figure of a school and its enrollment, small ones too, in one query: for publishing alone."""
    reported = _reported(scope)
    told = students_notified(SYSTEM, scope).subquery()
    removed_here = select(DisciplineAction.student_id).where(*removed(SYSTEM, scope))
    closed = _harmed(scope)
    counts: dict[str, Any] = {
        ENROLLED: enrolled_within(SYSTEM, scope),
        ROOT: reported,
        REMOVED: reported.where(IncidentPerson.student_id.in_(removed_here)),
        POLICE: reported.where(IncidentPerson.student_id.in_(select(told.c.student_id))),
        CLOSED: closed,
        REPAIRED: closed.where(Case.result == CaseResult.REPAIRED),
    }
    row = db.session.execute(select(*(one.scalar_subquery() for one in counts.values()))).one()
    return dict(zip(counts, row, strict=True))


def reports_of(scope: Scope, enrolled: int) -> Reports:
    """Return what board reports say of the same days: how many removals there were up to each month's end."""
    days = select(DisciplineAction.starts_on, func.count()).where(*removed(SYSTEM, scope))
    made = db.session.execute(days.group_by(DisciplineAction.starts_on)).all()
    ends = [*scope.months()[1:], scope.last + timedelta(days=1)]
    return Reports(scope.first, enrolled, [sum(number for day, number in made if day < end) for end in ends])


def _reported(scope: Scope) -> Any:
    acted = (IncidentPerson.role.in_(ACTED), IncidentPerson.student_id.is_not(None))
    joined = select(func.count(IncidentPerson.student_id.distinct())).join(
        Incident, Incident.id == IncidentPerson.incident_id
    )
    return joined.where(*counted(SYSTEM, scope), *acted)


def _harmed(scope: Scope) -> Any:
    """Return the select of how many students were harmed in cases that were closed in the period."""
    zone = zone_of(scope.school_id)
    joined = select(func.count(CaseParticipant.student_id.distinct())).join(Case, Case.id == CaseParticipant.case_id)
    return joined.where(
        *within_schools(SYSTEM, scope, Case.school_id),
        Case.state == CaseState.CLOSED,
        Case.closed_at >= at_local(scope.first, 0, 0, zone),
        Case.closed_at < at_local(scope.last + timedelta(days=1), 0, 0, zone),
        CaseParticipant.role.in_(HARMED),
        CaseParticipant.student_id.is_not(None),
    )
