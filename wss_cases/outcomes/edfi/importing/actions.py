"""Importing Ed-Fi files: all valid elements are stored in one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.files.xml_files import line_of, name_of
from wss_cases.foundation.i18n import _
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.edfi.importing import reading
from wss_cases.outcomes.edfi.importing.reading import INTERCHANGES, ElementRefused, FileRefused, elements_of, root_of
from wss_cases.outcomes.edfi.importing.records import IMPORTED, SOURCE, Import, Read
from wss_cases.roster.directory.models import ImportRun

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
        """Count a refused element and record the reason."""
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


_INTO: dict[str, Callable[[Read, Any], None]] = {
    "School": lambda read, element: _by_number(read.schools, reading.school_in(element)),
    "Student": lambda read, element: _by_number(read.students, reading.student_in(element)),
    "DisciplineIncident": lambda read, element: read.incidents.append(reading.incident_in(element)),
    "DisciplineAction": lambda read, element: read.actions.append(reading.action_in(element)),
    "StudentDisciplineIncidentBehaviorAssociation": lambda read, element: read.parts.append(reading.part_in(element)),
    "StudentDisciplineIncidentNonOffenderAssociation": lambda read, element: read.parts.append(
        reading.part_in(element)
    ),
    "StudentDisciplineIncidentAssociation": lambda read, element: read.parts.extend(reading.old_parts_in(element)),
}


def _by_number(by_number: dict[str, Any], record: Any) -> None:
    by_number[record.number] = record


def _read(path: Path, read: Read, report: Report, progress: Callable[[str], None]) -> None:
    done = 0
    for element in elements_of(path):
        name = name_of(element)
        if name in INTERCHANGES:
            continue
        done += 1
        if done % EVERY == 0:
            progress(f"{path.name}: {done:,} read")
        if name not in _INTO:
            if "Discipline" in name:  # other elements of an organization file are not needed
                report.count(name, "not_held")
            continue
        try:
            _INTO[name](read, element)
        except ElementRefused as refused:
            report.refuse(path.name, name, line_of(element), refused)
