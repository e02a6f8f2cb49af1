"""Reading the incidents of a file for analysts: no name, no text and no time is read for it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson, LocationCode
from wss_cases.incidents.lists.queries import ACTED
from wss_cases.outcomes.counting.scope.queries import HARMED, counted, streamed
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.equity.queries import minimums_of
from wss_cases.outcomes.exports.analyst_files.content.rules import LEAST, NOT_KNOWN, Fact, band_of, one_of
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.states import ActionState
from wss_cases.safeguards.police.review.models import PoliceNotification

People = dict[int, list[tuple[int, int | None, str | None]]]
"""Incident to (student, grade, race or ethnicity)."""


def least_of(year: str) -> int:
    """Return how many students must stand behind a cell: the district's minimum of the year, never below LEAST."""
    return max(LEAST, minimums_of(year).cell)


def scope_between(year: str, first: date, last: date, today: date) -> Scope:
    """Return the whole district between two days."""
    return Scope(None, year, first, last, today)


def facts_of(actor: Actor, scope: Scope) -> list[Fact]:
    """Return every incident that counts in a scope, in six queries."""
    ids = select(Incident.id).where(*counted(actor, scope))
    acted, harmed = _people(ids, ACTED), _people(ids, HARMED)
    police = _ids(select(PoliceNotification.incident_id).where(PoliceNotification.incident_id.in_(ids)))
    removed = _ids(
        select(DisciplineAction.incident_id).where(
            DisciplineAction.incident_id.in_(ids), DisciplineAction.state == ActionState.STANDING
        )
    )
    cases = _ids(select(CaseIncident.incident_id).where(CaseIncident.incident_id.in_(ids)))
    facts = []
    for row in streamed(_rows(actor, scope)):
        who = acted.get(row.id, [])
        values = (
            row.network or "none",
            row.name,
            band_of(grade for _student, grade, _race in who),
            one_of(race for _student, _grade, race in who),
            f"{row.local_date:%Y-%m}",
            row.tile or NOT_KNOWN,
            _yes(row.id in police),
            _yes(row.id in removed),
            str(row.behavior_group or NOT_KNOWN),
            _yes(row.id in cases),
            row.injury or NOT_KNOWN,
        )
        students = frozenset(student for student, _grade, _race in who)
        named = students | {student for student, _grade, _race in harmed.get(row.id, [])}
        facts.append(Fact(row.id, values, students, named))
    return facts


def _rows(actor: Actor, scope: Scope) -> Any:
    one = Incident
    return (
        select(one.id, one.local_date, one.behavior_group, one.injury, School.name, School.network, LocationCode.tile)
        .join(School, School.id == one.school_id)
        .outerjoin(LocationCode, LocationCode.code == one.location_code)
        .where(*counted(actor, scope))
    )


def _people(ids: Any, roles: Iterable[Any]) -> People:
    statement = (
        select(IncidentPerson.incident_id, Student.id, IncidentPerson.grade, Student.grade, Student.race_ethnicity)
        .join(Student, Student.id == IncidentPerson.student_id)
        .where(IncidentPerson.incident_id.in_(ids), IncidentPerson.role.in_(roles))
    )
    found: defaultdict[int, list[tuple[int, int | None, str | None]]] = defaultdict(list)
    for incident_id, student_id, then, now, race in streamed(statement):
        found[incident_id].append((student_id, now if then is None else then, race))
    return found


def _ids(statement: Any) -> set[int]:
    return set(db.session.scalars(statement))


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
