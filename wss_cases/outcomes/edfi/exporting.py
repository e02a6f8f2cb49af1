"""Writing the interchange element by element, so that a file of any size needs the memory of one report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import among, db
from wss_cases.foundation.files.xml_files import add, name_of, new, write_document
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.rules import CAUSED as CAUSING
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState, PersonKind, PersonRole
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import visible_to, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.edfi.common import (
    CAUSED,
    DISCIPLINES,
    NEWEST,
    PARTS,
    TOLD_BY_STAFF,
    WEAPONS,
    EdfiRecord,
    Left,
    List,
    Tally,
    Version,
    descriptor,
    value_of,
)
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
        .where(person.role.in_(CAUSING), person.student_id.is_not(None))
        .order_by(person.id)
    )
    parts: dict[tuple[int | None, int | None], list[tuple[str, str]]] = {}
    for incident_id, student_id, reference, mapped, person_id in db.session.execute(statement):
        behavior = mapped or (_codes_of(received, incident_id, person_id) or {}).get("behavior", "")
        identifier = received[incident_id][0] if incident_id in received else reference
        parts.setdefault((incident_id, student_id), []).append((identifier, behavior))
    return parts


Progress = Callable[[int, int, int], None]
"""Called with schools done, schools in all, elements written."""

_NOT_NAMED = ("Not", "Named")
"""The standard requires a first and a last name for anyone who is not a student of the district; we disclose none."""


def write_interchange(
    actor: Actor, scope: Scope, stream: IO[bytes], tally: Tally, progress: Progress, version: Version = NEWEST
) -> None:
    """Write the decided reports and the standing removals of a period as InterchangeStudentDiscipline."""
    leave_undecided(actor, scope, tally)
    places = schools(actor, scope.school_id, version)

    def elements() -> Iterator[Any]:
        for number, place in enumerate(places, 1):
            for element in _of_school(actor, scope, place, tally):
                tally.written[name_of(element)] += 1
                yield element
            progress(number, len(places), tally.rows)

    write_document(stream, version.namespace, "InterchangeStudentDiscipline", elements())


def _of_school(actor: Actor, scope: Scope, place: Place, tally: Tally) -> Iterator[Any]:
    for batch in reports(actor, scope, place):
        for report in batch:
            yield from of_report(place, report, tally)
    for batch_of_removals in removals(actor, scope, place):
        for removal in batch_of_removals:
            yield from of_removal(place, removal, tally)


def of_report(place: Place, report: Report, tally: Tally) -> Iterator[Any]:
    """The elements of a report: the incident, and the part of each student in it."""
    if not place.number:
        tally.leave(Left.SCHOOL_NUMBER, place.code)
    elif len(report.identifier) > place.version.incident_characters:
        tally.leave(Left.IDENTIFIER, report.identifier)
    else:
        yield _incident(place, report, tally)
        yield from _associations(place, report, tally)


def of_removal(place: Place, removal: Removal, tally: Tally) -> Iterator[Any]:
    """The element of a removal; none when a number or identifier does not fit, which the tally counts."""
    if not place.number:
        tally.leave(Left.SCHOOL_NUMBER, place.code)
    elif not removal.unique_id:
        tally.leave(Left.STUDENT_NUMBER)
    elif len(removal.identifier) > place.version.action_characters:
        tally.leave(Left.IDENTIFIER, removal.identifier)
    else:
        tally.students[removal.student_id] = place.id
        yield _action(place, removal)


def _incident(place: Place, report: Report, tally: Tally) -> Any:
    element = new(place.version.namespace, "DisciplineIncident")
    add(element, "IncidentIdentifier", report.identifier)
    add(element, "IncidentDate", report.day.isoformat())
    if report.minute is not None:
        add(element, "IncidentTime", f"{report.minute // 60:02d}:{report.minute % 60:02d}:00")
    received = report.received
    is_unchanged = received and received["location_code"] == report.location_code
    location = descriptor(List.LOCATION, received["location"] if is_unchanged else report.location)
    if location is None:
        tally.leave(Left.LOCATION, report.location_code)
    else:
        add(element, "IncidentLocation", location)
    if reporter := descriptor(List.REPORTER, received.get("reporter", TOLD_BY_STAFF)):
        add(element, "ReporterDescription", reporter)
    for behavior in _behaviors(report):
        add(add(element, "Behavior"), "Behavior", behavior)
    for weapon in _weapons_of(place, report):
        add(element, "Weapon", weapon)
    police = received.get("police") == "true" or report.police
    add(element, "ReportedToLawEnforcement", "true" if police else "false")
    _school(element, "SchoolReference", place)
    for person in report.people:
        if person.kind not in (PersonKind.STUDENT, PersonKind.STAFF):
            _outside(element, person)
    return element


def _outside(element: Any, person: Person) -> None:
    for code in PARTS.get(person.role, ()):
        outside = add(element, "DisciplineIncidentExternalParticipant")
        add(outside, "FirstName", _NOT_NAMED[0])
        add(outside, "LastSurname", _NOT_NAMED[1])
        add(outside, "DisciplineIncidentParticipationCode", descriptor(List.PARTICIPATION, code))


def _associations(place: Place, report: Report, tally: Tally) -> Iterator[Any]:
    for person in report.people:
        if person.kind is PersonKind.STAFF:
            tally.leave(Left.ADULT)
        elif person.role not in PARTS:
            tally.leave(Left.PART)
        elif person.kind is PersonKind.STUDENT and not person.unique_id:
            tally.leave(Left.STUDENT_NUMBER)
        elif person.kind is PersonKind.STUDENT:
            acted, beside = _codes(person)
            element = _acted(place, report, person, acted, tally) if acted is not None else None
            if element is not None:
                yield element
            if beside:
                yield _named("StudentDisciplineIncidentNonOffenderAssociation", place, report, person, beside)
            if person.student_id is not None and (element is not None or beside):
                tally.students[person.student_id] = place.id


def _codes(person: Person) -> tuple[list[str] | None, list[str]]:
    """The codes of what a student did (None: nothing) and of their other roles, as received from a file if they
    were."""
    if person.received is not None:
        beside = person.received["beside"]
        if person.received["behavior"]:
            return person.received["codes"], beside
        named = [code for code in beside if value_of(code) == CAUSED]  # files before 5.1 may name no behavior
        return named or None, [code for code in beside if code not in named]
    codes = PARTS[person.role]
    return [CAUSED] if CAUSED in codes else None, [code for code in codes if code != CAUSED]


def _acted(place: Place, report: Report, person: Person, codes: list[str], tally: Tally) -> Any | None:
    behavior = descriptor(List.BEHAVIOR, person.behavior)
    if behavior is None:
        known = person.behavior_code is not None
        tally.leave(Left.BEHAVIOR if known else Left.NOT_CODED, person.behavior_code or "")
        return None
    element = _named("StudentDisciplineIncidentBehaviorAssociation", place, report, person, codes, behavior)
    if place.version.weapon_of_each:
        for weapon in _own_weapons(person):
            add(element, "Weapon", weapon)
    return element


def _named(name: str, place: Place, report: Report, person: Person, codes: list[str], behavior: str = "") -> Any:
    element = new(place.version.namespace, name)
    _student(element, person.unique_id)
    _report(element, report.identifier, place)
    if behavior:
        add(element, "Behavior", behavior)
    for code in codes:
        add(element, "DisciplineIncidentParticipationCode", descriptor(List.PARTICIPATION, code))
    return element


def _action(place: Place, removal: Removal) -> Any:
    element = new(place.version.namespace, "DisciplineAction")
    add(element, "DisciplineActionIdentifier", removal.identifier)
    is_unchanged = removal.received.get("kind") == removal.kind.value
    discipline = removal.received["discipline"] if is_unchanged else DISCIPLINES[removal.kind]
    add(element, "Discipline", descriptor(List.DISCIPLINE, discipline))
    add(element, "DisciplineDate", removal.starts_on.isoformat())
    add(element, "DisciplineActionLength", str(removal.days))
    _student(element, removal.unique_id)
    _school(element, "ResponsibilitySchoolReference", place)
    for identifier, mapped in removal.reports:
        behavior = descriptor(List.BEHAVIOR, mapped)
        if behavior is not None and len(identifier) <= place.version.incident_characters:
            about = add(element, "StudentDisciplineIncidentBehaviorAssociationReference")
            about = add(about, "StudentDisciplineIncidentBehaviorAssociationIdentity")
            _student(about, removal.unique_id)
            _report(about, identifier, place)
            add(about, "Behavior", behavior)
    return element


def _behaviors(report: Report) -> list[str]:
    """The behaviors of a report's students, together with those that an imported report came with."""
    caused = (
        person
        for person in report.people
        if person.kind is not PersonKind.STAFF and CAUSED in PARTS.get(person.role, ())
    )
    mapped = {descriptor(List.BEHAVIOR, person.behavior) or "" for person in caused}
    return sorted({*mapped, *report.received.get("behaviors", [])} - {""})


def _weapons_of(place: Place, report: Report) -> list[str]:
    """The weapons of a report; where a version has no weapons per student, those of the students as well."""
    weapons = _weapons(report.weapon, report.received)
    if place.version.weapon_of_each:
        return weapons
    caused = (
        person for person in report.people if person.kind is PersonKind.STUDENT and CAUSED in PARTS.get(person.role, ())
    )
    return sorted({*weapons, *(weapon for person in caused for weapon in _own_weapons(person))})


def _own_weapons(person: Person) -> list[str]:
    if person.received is not None:
        return list(person.received["weapons"])
    return _weapons(person.weapon, {})


def _weapons(kind: str | None, received: dict[str, Any]) -> list[str]:
    if received and received["weapon"] == kind:
        return list(received["weapons"])
    weapon = descriptor(List.WEAPON, WEAPONS.get(kind or "", ""))
    return [weapon] if weapon else []


def _student(element: Any, number: str) -> None:
    add(add(add(element, "StudentReference"), "StudentIdentity"), "StudentUniqueId", number)


def _school(element: Any, name: str, place: Place) -> None:
    add(add(add(element, name), "SchoolIdentity"), "SchoolId", place.number)


def _report(element: Any, identifier: str, place: Place) -> None:
    named = add(add(element, "DisciplineIncidentReference"), "DisciplineIncidentIdentity")
    add(named, "IncidentIdentifier", identifier)
    _school(named, "SchoolReference", place)
