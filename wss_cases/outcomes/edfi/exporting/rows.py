"""Reading the records of the interchange, one school at a time and a few hundred reports at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import among, db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.rules import CAUSED
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState, PersonKind, PersonRole
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import visible_to, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.edfi.common import NEWEST, EdfiRecord, Left, Tally, Version
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import PoliceNotification

BATCH = 500
Received = dict[int, tuple[str, dict[str, Any]]]
DECIDED = (IncidentState.ROUTED, IncidentState.CLOSED)
"""Only decided reports are exported as discipline. Until the facts are established a person is reported, not
responsible."""

_WHY_NOT = {
    **dict.fromkeys(UNDECIDED, Left.UNDECIDED),
    IncidentState.NO_FURTHER_ACTION: Left.NO_FURTHER_ACTION,
    IncidentState.DUPLICATE: Left.DUPLICATE,
}


@dataclass(frozen=True)
class Person:
    """One person's part. `unique_id` is a student's ('' where there is no fitting number), `behavior` the mapped code.
    `received` are the codes of a person imported from a file."""

    kind: PersonKind
    role: PersonRole
    student_id: int | None
    unique_id: str
    behavior_code: str | None
    behavior: str
    weapon: str | None
    received: dict[str, Any] | None = None


@dataclass(frozen=True)
class Report:
    """One decided report with its people. `received` are the codes of a report imported from a file."""

    id: int
    identifier: str
    day: date
    minute: int | None
    location_code: str
    location: str
    weapon: str | None
    police: bool
    received: dict[str, Any] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class Removal:
    """One removal that stands. `reports` are (identifier, mapped behavior) of the reports in which the student caused
    harm."""

    id: int
    identifier: str
    kind: DisciplineKind
    starts_on: date
    days: int
    student_id: int
    unique_id: str
    reports: list[tuple[str, str]]
    received: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """One school of the file, for the file's version of the standard."""

    id: int
    code: str
    number: str
    version: Version


def schools(actor: Actor, school_id: int | None, version: Version = NEWEST) -> list[Place]:
    """The schools whose outcomes the actor may see, with their number in a version of the standard.

    The number is '' where the school has none that the version accepts.
    """
    statement = visible_to(select(School.id, School.code, School.identifier, School.sourced_id), actor, School.id)
    if school_id is not None:
        statement = statement.where(School.id == school_id)
    rows = db.session.execute(statement.order_by(School.id)).all()
    return [Place(row[0], row[1], next(filter(version.takes_school, row[2:]), ""), version) for row in rows]


def unique_id(student_number: str | None, sourced_id: str | None) -> str:
    """A student's number as the standard accepts it; '' when it does not."""
    number = (student_number or sourced_id or "").strip()
    return number if len(number) <= 32 and number.isprintable() else ""


def leave_undecided(actor: Actor, scope: Scope, tally: Tally) -> None:
    """Count the period's reports that are left out of the file, by reason."""
    counted = select(Incident.state, func.count()).where(
        *within(actor, scope, Incident.school_id, Incident.local_date), Incident.state.not_in(DECIDED)
    )
    for state, number in db.session.execute(counted.group_by(Incident.state)):
        tally.left[_WHY_NOT[state], ""] += number


def reports(actor: Actor, scope: Scope, place: Place) -> Iterator[list[Report]]:
    """A school's decided reports of the period in batches, in the order of submission."""
    columns = (
        Incident.id, Incident.reference, Incident.local_date, Incident.local_minute, Incident.location_code,
        LocationCode.edfi, Incident.weapon,
    )  # fmt: skip
    statement: Any = select(*columns).outerjoin(LocationCode, LocationCode.code == Incident.location_code)
    conditions = decided(actor, scope, place.id)
    last = 0
    while rows := db.session.execute(
        statement.where(*conditions, Incident.id > last).order_by(Incident.id).limit(BATCH)
    ).all():
        last = rows[-1][0]
        ids = [row[0] for row in rows]
        notified = select(PoliceNotification.incident_id).where(among(PoliceNotification.incident_id, ids))
        police = set(db.session.scalars(notified))
        received = _received(EdfiRecord.incident_id, ids)
        batch = {}
        for row in rows:
            name, codes = received.get(row[0], (row[1], {}))
            day, minute, code, mapped, weapon = row[2:]
            batch[row[0]] = Report(row[0], name, day, minute, code, mapped or "", weapon, row[0] in police, codes)
        for incident_id, person in _people(ids, received):
            batch[incident_id].people.append(person)
        yield list(batch.values())


def decided(actor: Actor, scope: Scope, school_id: int) -> list[ColumnElement[bool]]:
    """Conditions of a school's decided reports of the period, which are those in the file."""
    return [
        *within(actor, scope, Incident.school_id, Incident.local_date),
        Incident.school_id == school_id,
        Incident.state.in_(DECIDED),
    ]


def _received(column: Any, ids: Sequence[int]) -> Received:
    """The identifier and codes received in a file, by the id of the report or removal."""
    statement = select(column, EdfiRecord.identifier, EdfiRecord.codes).where(among(column, ids))
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


def _people(ids: Sequence[int], received: Received) -> Iterator[tuple[int, Person]]:
    person = IncidentPerson
    statement = (
        select(
            person.incident_id, person.kind, person.role, Student.student_number, Student.sourced_id,
            BehaviorCode.code, BehaviorCode.edfi, person.facts, person.id,
            person.student_id,
        )
        .outerjoin(Student, Student.id == person.student_id)
        .outerjoin(BehaviorCode, BehaviorCode.id == person.behavior_code_id)
        .where(among(person.incident_id, ids))
        .order_by(person.incident_id, person.id)
    )  # fmt: skip
    for row in db.session.execute(statement):
        number = unique_id(row[3], row[4])
        codes = _codes_of(received, row[0], row[8])
        behavior = row[6] or (codes or {}).get("behavior", "")
        yield (row[0], Person(row[1], row[2], row[9], number, row[5], behavior, (row[7] or {}).get("weapon"), codes))


def _codes_of(received: Received, incident_id: int, person_id: int) -> dict[str, Any] | None:
    of_people: dict[str, dict[str, Any]] = received.get(incident_id, ("", {}))[1].get("people", {})
    return of_people.get(str(person_id))


def removals(actor: Actor, scope: Scope, place: Place) -> Iterator[list[Removal]]:
    """A school's removals of the period that stand, in batches."""
    action = DisciplineAction
    statement = (
        select(
            action.id, action.kind, action.starts_on, action.days, action.incident_id, action.student_id,
            Student.student_number, Student.sourced_id,
        )
        .join(Student, Student.id == action.student_id)
        .where(*removed(actor, scope), action.school_id == place.id)
    )  # fmt: skip
    last = 0
    while rows := db.session.execute(statement.where(action.id > last).order_by(action.id).limit(BATCH)).all():
        last = rows[-1][0]
        parts = _parts(actor, scope, place, [row[4] for row in rows if row[4] is not None])
        received = _received(EdfiRecord.action_id, [row[0] for row in rows])
        batch = []
        for row in rows:
            name, codes = received.get(row[0], (f"{place.code}-D-{row[0]}", {}))
            about = parts.get((row[4], row[5]), [])
            batch.append(Removal(row[0], name, *row[1:4], row[5], unique_id(row[6], row[7]), about, codes))
        yield batch


def _parts(
    actor: Actor, scope: Scope, place: Place, ids: Sequence[int]
) -> dict[tuple[int | None, int | None], list[tuple[str, str]]]:
    """What the file says a student did in a report, by (report, student)."""
    person = IncidentPerson
    received = _received(EdfiRecord.incident_id, ids)
    statement = (
        select(person.incident_id, person.student_id, Incident.reference, BehaviorCode.edfi, person.id)
        .join(Incident, Incident.id == person.incident_id)
        .outerjoin(BehaviorCode, BehaviorCode.id == person.behavior_code_id)
        .where(*decided(actor, scope, place.id), among(person.incident_id, ids))
        .where(person.role.in_(CAUSED), person.student_id.is_not(None))
        .order_by(person.id)
    )
    parts: dict[tuple[int | None, int | None], list[tuple[str, str]]] = {}
    for incident_id, student_id, reference, mapped, person_id in db.session.execute(statement):
        behavior = mapped or (_codes_of(received, incident_id, person_id) or {}).get("behavior", "")
        identifier = received[incident_id][0] if incident_id in received else reference
        parts.setdefault((incident_id, student_id), []).append((identifier, behavior))
    return parts
