"""Writing the interchange element by element, so that a file of any size needs the memory of one report."""

from collections.abc import Callable, Iterator
from typing import IO, Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.files.xml_files import add, name_of, new, write_document
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.edfi.common import (
    CAUSED,
    DISCIPLINES,
    NEWEST,
    PARTS,
    TOLD_BY_STAFF,
    WEAPONS,
    Left,
    List,
    Tally,
    Version,
    descriptor,
    value_of,
)
from wss_cases.outcomes.edfi.exporting import rows
from wss_cases.outcomes.edfi.exporting.rows import Person, Place, Removal, Report

Progress = Callable[[int, int, int], None]
"""Called with schools done, schools in all, elements written."""

_NOT_NAMED = ("Not", "Named")
"""The standard requires a first and a last name for anyone who is not a student of the district; we disclose none."""


def write_interchange(
    actor: Actor, scope: Scope, stream: IO[bytes], tally: Tally, progress: Progress, version: Version = NEWEST
) -> None:
    """Write the decided reports and the standing removals of a period as InterchangeStudentDiscipline."""
    rows.leave_undecided(actor, scope, tally)
    schools = rows.schools(actor, scope.school_id, version)

    def elements() -> Iterator[Any]:
        for number, place in enumerate(schools, 1):
            for element in _of_school(actor, scope, place, tally):
                tally.written[name_of(element)] += 1
                yield element
            progress(number, len(schools), tally.rows)

    write_document(stream, version.namespace, "InterchangeStudentDiscipline", elements())


def _of_school(actor: Actor, scope: Scope, place: Place, tally: Tally) -> Iterator[Any]:
    for batch in rows.reports(actor, scope, place):
        for report in batch:
            yield from of_report(place, report, tally)
    for removed in rows.removals(actor, scope, place):
        for removal in removed:
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
