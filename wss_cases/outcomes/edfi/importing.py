"""Importing Ed-Fi files into schools, students, reports and removals; all valid elements land in one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.files.xml_files import line_of, name_of
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import at_local
from wss_cases.incidents.incident.models import Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.states import UNKNOWN_LOCATION, IncidentState, PersonKind, Place, WhenPrecision
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.outcomes.edfi import reading
from wss_cases.outcomes.edfi.common import CAUSED, DISCIPLINES_IN, EdfiRecord, value_of
from wss_cases.outcomes.edfi.reading import (
    INTERCHANGES,
    ActionIn,
    ElementRefused,
    FileRefused,
    IncidentIn,
    PartIn,
    Reference,
    StudentIn,
    elements_of,
    parts_of,
    role_of,
    root_of,
    weapon_of,
    without_old,
)
from wss_cases.roster.directory.models import ImportRun, School, Student
from wss_cases.roster.directory.rules import school_code, search_key
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

SOURCE = "edfi"
IMPORTED = "edfi.imported"
BATCH = 500


@dataclass
class Read:
    """Everything read, in the order of the files. `schools` are names by number."""

    schools: dict[str, str] = field(default_factory=dict)
    students: dict[str, StudentIn] = field(default_factory=dict)
    incidents: list[IncidentIn] = field(default_factory=list)
    parts: list[PartIn] = field(default_factory=list)
    actions: list[ActionIn] = field(default_factory=list)

    def take(self, name: str, element: Any) -> None:
        """Add an element of a name in TAKEN. Raises ElementRefused."""
        if name == "School":
            number, words = reading.school_in(element)
            self.schools[number] = words
        elif name == "Student":
            student = reading.student_in(element)
            self.students[student.number] = student
        elif name == "DisciplineIncident":
            self.incidents.append(reading.incident_in(element))
        elif name == "DisciplineAction":
            self.actions.append(reading.action_in(element))
        elif name == "StudentDisciplineIncidentAssociation":
            self.parts += reading.old_parts_in(element)
        else:
            self.parts.append(reading.part_in(element))


TAKEN = (
    "School", "Student", "DisciplineIncident", "DisciplineAction", "StudentDisciplineIncidentAssociation",
    "StudentDisciplineIncidentBehaviorAssociation", "StudentDisciplineIncidentNonOffenderAssociation",
)  # fmt: skip
"""The elements that are imported."""


class Import:
    """One import inside one unit of work. `refuse` and `count` are called with the outcome of each element."""

    def __init__(
        self, uow: UnitOfWork, read: Read, refuse: Callable[[str, int, ElementRefused], None],
        count: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.uow, self.read, self.refuse, self.count = uow, read, refuse, count
        self.schools: dict[str, School] = {}
        self.students: dict[str, int | None] = {}
        self.by_key: dict[tuple[str, str], IncidentIn] = {}
        self.by_id: dict[str, IncidentIn] = {}
        self.taken: dict[tuple[str, str], int] = {}
        session = uow.session
        columns = (LocationCode.edfi, LocationCode.code, LocationCode.place)
        rows = session.execute(select(*columns).order_by(LocationCode.id.desc()))
        self.places: dict[str, tuple[str, Place | None]] = {row[0]: (row[1], row[2]) for row in rows if row[0]}
        self.known: dict[tuple[int, str], tuple[str, int]] = {}

    def run(self) -> None:
        self._find_schools()
        self._find_students()
        self._join()
        for incident in self.by_key.values():
            self._each("DisciplineIncident", self._incident, incident)
        for action in self.read.actions:
            self._each("DisciplineAction", self._action, action)

    def _each(self, name: str, take: Callable[[Any], str], element: IncidentIn | ActionIn) -> None:
        try:
            self.count(name, take(element))
        except ElementRefused as refused:
            self.refuse(name, element.line, refused)

    def _find_schools(self) -> None:
        session = self.uow.session
        wanted = {part.school for part in self.read.incidents} | {action.school for action in self.read.actions}
        named = or_(School.identifier.in_(wanted), School.sourced_id.in_(wanted))
        for school in session.scalars(select(School).where(named).order_by(School.id.desc())):
            for number in (school.sourced_id, school.identifier):
                self.schools[number] = school
        self._find_standing()
        codes = set(session.scalars(select(School.code)))
        for number in sorted(wanted - self.schools.keys()):
            if number in self.read.schools:
                name = self.read.schools[number]
                code = school_code(name, codes)
                codes.add(code)
                of_file = {"source": SOURCE, "sourced_id": number, "identifier": number, "is_active": False}
                self.schools[number] = self.uow.add(School(**of_file, name=name, code=code))
                self.count("School", "created")

    def _find_standing(self) -> None:
        record = EdfiRecord
        made = func.coalesce(record.incident_id, record.action_id)
        ids = {school.id for school in self.schools.values()}
        taken = select(record.school_id, record.identity, record.digest, made).where(record.school_id.in_(sorted(ids)))
        self.known = {(row[0], row[1]): (row[2], row[3]) for row in self.uow.session.execute(taken)}

    def _find_students(self) -> None:
        """Map each student number to a student of the roster, otherwise to one of Student.xml; None when several
        students have it."""
        wanted = sorted({part.student for part in self.read.parts} | {action.student for action in self.read.actions})
        for start in range(0, len(wanted), BATCH):
            numbers = wanted[start : start + BATCH]
            named = select(Student.student_number, Student.id).where(Student.student_number.in_(numbers))
            for number, student_id in self.uow.session.execute(named):
                self.students[number] = None if number in self.students else student_id
        for number in wanted:
            if number not in self.students and number in self.read.students:
                self.students[number] = self._student(self.read.students[number])
                self.count("Student", "created")

    def _student(self, source: StudentIn) -> int:
        names = (source.given, source.family, source.preferred_given, source.preferred_family, source.middle)
        row = Student(
            source=SOURCE, sourced_id=source.number, student_number=source.number, given_name=source.given,
            middle_name=source.middle, family_name=source.family, preferred_given_name=source.preferred_given,
            preferred_family_name=source.preferred_family, search_key=search_key(*names),
            search_key_family=fold(source.family)[:900], birth_date=source.born, is_active=False,
        )  # fmt: skip
        return int(self.uow.add(row).id)

    def _join(self) -> None:
        """Give each incident its parts, whether they name it by key or by id."""
        for source in self.read.incidents:
            key = (source.school, source.identifier)
            if key in self.by_key:
                twice = ElementRefused("IncidentIdentifier", _("It is in the file twice."))
                self.refuse("DisciplineIncident", source.line, twice)
                continue
            self.by_key[key] = source
            if source.xml_id:
                self.by_id[source.xml_id] = source
        for part in self.read.parts:
            try:
                incident = self._named(part.about)
                incident.parts.append(part)
                if part.xml_id:
                    self.by_id.setdefault(part.xml_id, incident)
                self._student_of(part.student)
            except ElementRefused as refused:
                self.refuse("StudentDisciplineIncidentAssociation", part.line, refused)
        for source in self.by_key.values():
            source.parts = without_old(source.parts)

    def _named(self, about: Reference) -> IncidentIn:
        incident = self.by_id.get(about.xml_id) or self.by_key.get((about.school, about.identifier))
        if incident is None:
            name = about.xml_id or about.identifier
            raise ElementRefused("DisciplineIncidentReference", _("%(name)s is not in the file.", name=name))
        return incident

    def _student_of(self, number: str) -> int:
        student_id = self.students.get(number)
        if student_id is not None:
            return student_id
        if number in self.students:
            message = _("More than one student has the number %(number)s.", number=number)
        else:
            message = _("No student has the number %(number)s. Include Student.xml too.", number=number)
        raise ElementRefused("StudentUniqueId", message)

    def _school_of(self, number: str) -> School:
        if number not in self.schools:
            words = _("No school has the number %(number)s. Include EducationOrganization.xml too.", number=number)
            raise ElementRefused("SchoolId", words)
        return self.schools[number]

    def _standing(self, school: School, identity: str, digest: str, name: str) -> int | None:
        """The id that an earlier run created for this element; None if new. Raises ElementRefused when the element has
        changed since."""
        known, made = self.known.get((school.id, identity), (digest, None))
        if known != digest:
            words = _("It was already imported and is different now. Change it there.")
            raise ElementRefused(name, words)
        return made

    def _incident(self, source: IncidentIn) -> str:
        school, digest = self._school_of(source.school), source.digest()
        identity = f"I:{source.identifier}"
        standing = self._standing(school, identity, digest, "IncidentIdentifier")
        if standing is not None:
            self.taken[source.school, source.identifier] = standing
            return "unchanged"
        for part in source.parts:
            if self.students.get(part.student) is None:
                raise ElementRefused("StudentUniqueId", _("It names a student who is not known, so it is waiting."))
        incident = self._report(source, school)
        received = [self._person(incident, part, beside) for part, beside in parts_of(source.parts)]
        incident.people += [
            IncidentPerson(role=role_of([code]), kind=PersonKind.COMMUNITY, grade=None) for code in source.outside
        ]
        self.uow.session.add(incident)
        self.uow.session.flush()
        codes = {
            "location": source.location, "location_code": incident.location_code, "reporter": source.reporter,
            "behaviors": source.behaviors, "weapons": source.weapons, "weapon": incident.weapon,
            "police": source.police, "people": {str(person.id): of_person for person, of_person in received},
        }  # fmt: skip
        self._remember(school, identity, source.identifier, digest, codes, incident_id=incident.id)
        self._record("incident", incident.id, school.id, source.day)
        self.taken[source.school, source.identifier] = int(incident.id)
        return "created"

    def _report(self, source: IncidentIn, school: School) -> Incident:
        number = self.uow.next_number(f"incident:{school.id}")
        code, place = self.places.get(value_of(source.location), (UNKNOWN_LOCATION, None))
        return Incident(
            school_id=school.id, number=number, reference=f"{school.code}-I-{number:04d}", state=IncidentState.CLOSED,
            submitted_at=self.uow.now, local_date=source.day, local_minute=source.minute, tile="other",
            danger_now=False, occurred_at=at_local(source.day, *divmod(source.minute or 0, 60), school.time_zone),
            when_precision=WhenPrecision.DAY if source.minute is None else WhenPrecision.EXACT,
            location_code=code, place=place, weapon=weapon_of(source),
        )  # fmt: skip

    def _person(self, incident: Incident, part: PartIn, beside: list[str]) -> tuple[IncidentPerson, dict[str, Any]]:
        acted = [part.codes or [CAUSED]] if part.behavior else []
        role = role_of([code for codes in (*acted, beside) for code in codes])
        person = IncidentPerson(role=role, kind=PersonKind.STUDENT, student_id=self._student_of(part.student))
        incident.people.append(person)
        return person, {"behavior": part.behavior, "codes": part.codes, "weapons": part.weapons, "beside": beside}

    def _action(self, source: ActionIn) -> str:
        school, student_id = self._school_of(source.school), self._student_of(source.student)
        identity, digest = f"A:{source.identifier}:{source.student}", source.digest()
        if self._standing(school, identity, digest, "DisciplineActionIdentifier") is not None:
            return "unchanged"
        kinds = [DISCIPLINES_IN.get(value_of(code)) for code in source.disciplines]
        if len(kinds) != 1 or kinds[0] is None:
            words = _("%(codes)s is not a single kind of removal.", codes=", ".join(map(value_of, source.disciplines)))
            raise ElementRefused("Discipline", words)
        about = {(named.school, named.identifier) for named in map(self._named, source.about)}
        incidents = [self.taken.get(named) for named in about]
        if len(incidents) > 1 or None in incidents:
            words = _("It is about more than one incident, or about one that was not imported.")
            raise ElementRefused("StudentDisciplineIncidentBehaviorAssociationReference", words)
        action = self.uow.add(
            DisciplineAction(
                school_id=school.id, incident_id=incidents[0] if incidents else None, student_id=student_id,
                kind=kinds[0], days=source.days, starts_on=source.day, reason="", recorded_at=self.uow.now,
            )
        )  # fmt: skip
        codes = {"discipline": source.disciplines[0], "kind": kinds[0].value}
        self._remember(school, identity, source.identifier, digest, codes, action_id=action.id)
        self._record("discipline_action", action.id, school.id, source.day)
        return "created"

    def _remember(
        self, school: School, identity: str, identifier: str, digest: str, codes: dict[str, Any], **made: int
    ) -> None:
        record = EdfiRecord(school_id=school.id, identity=identity, identifier=identifier, codes=codes, **made)
        record.digest, record.imported_at = digest, self.uow.now
        self.uow.session.add(record)

    def _record(self, table: str, row_id: int, school_id: int, day: date) -> None:
        changes = {"local_date": [None, day.isoformat()]}
        self.uow.record_each(IMPORTED, [Act(table, row_id, None, school_id, {}, changes)])


EVERY = 10_000


@dataclass(frozen=True)
class Problem:
    """A problem at one place in a file, as a sentence."""

    file: str
    line: int
    element: str
    message: str


@dataclass
class Report:
    """The outcome counts by element name, and every refused element."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def count(self, name: str, what: str) -> None:
        self.counts.setdefault(name, Counter())[what] += 1

    def refuse(self, file: str, name: str, line: int, refused: ElementRefused) -> None:
        self.count(name, "refused")
        self.problems.append(Problem(file, line, refused.element, refused.message))

    def as_document(self) -> dict[str, Any]:
        return {
            "elements": {name: dict(counts) for name, counts in self.counts.items()},
            "problems": [vars(problem) for problem in self.problems],
        }


def import_edfi(actor: Actor, files: Sequence[Path], now: datetime, progress: Callable[[str], None]) -> Report:
    """Read Ed-Fi files of 4.0 to 5.2 (StudentDiscipline; Student and EducationOrganization for those missing in the
    roster).

    Refused elements are listed in the report, all others are stored together. A second run of the same files changes
    nothing. Raises FileRefused, and stores nothing, when a file as a whole is unusable.
    """
    report, read = Report(), Read()
    roots = {path: root_of(path) for path in files}
    discipline = [path for path in files if roots[path] == INTERCHANGES[2]]
    if len(discipline) != 1:
        raise FileRefused(files[0].name, 0, "", _("Enter one %(name)s.", name=INTERCHANGES[2]))
    for path in files:
        _read(path, read, report, progress)
    with unit_of_work(actor, now) as uow:
        name = discipline[0].name
        Import(uow, read, lambda *place: report.refuse(name, *place), report.count).run()
        counts = report.as_document()["elements"]
        if any(counter["created"] for counter in report.counts.values()):
            uow.session.add(ImportRun(kind=SOURCE, source=name[:120], started_at=now, report=counts))
        uow.audit(IMPORTED, "edfi_record", None, {**counts, "source": name[:120]})
    return report


def _read(path: Path, read: Read, report: Report, progress: Callable[[str], None]) -> None:
    done = 0
    for element in elements_of(path):
        name = name_of(element)
        if name in INTERCHANGES:
            continue
        done += 1
        if done % EVERY == 0:
            progress(f"{path.name}: {done:,} read")
        if name not in TAKEN:
            if "Discipline" in name:  # other elements of an organization file are not needed
                report.count(name, "not_held")
            continue
        try:
            read.take(name, element)
        except ElementRefused as refused:
            report.refuse(path.name, name, line_of(element), refused)
