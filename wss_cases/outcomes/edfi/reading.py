"""Reading Ed-Fi files: each element as a plain record with its line, or a sentence about what is wrong with it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from wss_cases.foundation.files.xml_files import BadXml, line_of, name_of, namespace_of, read_elements
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.edfi.common import CAUSED, NAMESPACES, ROLES_IN, SUFFERED, VERSIONS, WEAPONS_IN, value_of


@dataclass(frozen=True)
class StudentIn:
    number: str
    given: str
    middle: str
    family: str
    preferred_given: str
    preferred_family: str
    born: date | None


@dataclass(frozen=True)
class Reference:
    """The incident that an element is about: by its key (school, identifier), or by the id that the file gives it."""

    school: str = ""
    identifier: str = ""
    xml_id: str = ""


@dataclass(frozen=True)
class PartIn:
    """One student's association with an incident. `behavior` is '' for a student who did not cause harm."""

    line: int
    student: str
    about: Reference
    behavior: str
    codes: list[str]
    weapons: list[str]
    xml_id: str = ""
    is_old: bool = False
    """Whether it is the older association, which 4.0 and 5.0 have besides the two newer ones."""


@dataclass
class IncidentIn:
    line: int
    xml_id: str
    school: str
    identifier: str
    day: date
    minute: int | None
    location: str
    reporter: str
    behaviors: list[str]
    weapons: list[str]
    police: str
    outside: list[str]
    parts: list[PartIn] = field(default_factory=list)

    def digest(self) -> str:
        """A hash of everything but the position in the file."""
        parts = sorted((p.student, p.behavior, *sorted(p.codes), "|", *sorted(p.weapons)) for p in self.parts)
        content = asdict(self) | {"parts": parts}
        return digest_of({name: value for name, value in content.items() if name not in ("line", "xml_id")})


@dataclass(frozen=True)
class ActionIn:
    line: int
    school: str
    identifier: str
    student: str
    disciplines: list[str]
    day: date
    days: int
    about: list[Reference]

    def digest(self) -> str:
        """A hash of everything but the position in the file."""
        return digest_of({name: value for name, value in asdict(self).items() if name != "line"})


def digest_of(content: Any) -> str:
    """A hash of plain content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def without_old(parts: Iterable[PartIn]) -> list[PartIn]:
    """Remove what a file before 5.1 says twice: in its old association, and in the two newer ones."""
    parts = list(parts)
    newer = {(part.student, bool(part.behavior)) for part in parts if not part.is_old}
    return [
        part for part in parts if not part.is_old or (part.student, CAUSED in map(value_of, part.codes)) not in newer
    ]


def parts_of(parts: Iterable[PartIn]) -> list[tuple[PartIn, list[str]]]:
    """Add a student's other roles (harmed, witness) to the first part in which the same student caused harm."""
    mine: dict[str, list[PartIn]] = defaultdict(list)
    for part in parts:
        mine[part.student].append(part)
    put_together: list[tuple[PartIn, list[str]]] = []
    for own in mine.values():
        acted = [part for part in own if part.behavior]
        beside = [code for part in own if not part.behavior for code in part.codes]
        first, *others = acted or own[:1]
        put_together += [(first, beside), *((part, []) for part in others)]
    return put_together


def role_of(codes: list[str]) -> PersonRole:
    """Our role for the codes of a part; a person without a known code is only involved."""
    values = {value_of(code) for code in codes}
    if {CAUSED, SUFFERED} <= values:
        return PersonRole.BOTH
    return next((role for value, role in ROLES_IN.items() if value in values), PersonRole.INVOLVED)


def weapon_of(incident: IncidentIn) -> str | None:
    """Our code for the weapons of an incident and of its parts; None when none is named or known."""
    codes = (*incident.weapons, *(code for part in incident.parts for code in part.weapons))
    kinds = {WEAPONS_IN.get(value_of(code), "other") for code in codes} - {""}
    return "firearm" if "firearm" in kinds else "other" if kinds else None


INTERCHANGES = ("InterchangeEducationOrganization", "InterchangeStudent", "InterchangeStudentDiscipline")
ASSOCIATIONS = ("StudentDisciplineIncidentBehaviorAssociation", "StudentDisciplineIncidentAssociation")
"""The associations that an action may name as its cause; the second exists in 4.0 and 5.0 only."""


class FileRefused(Exception):
    """The file as a whole is unusable; nothing is stored."""

    def __init__(self, file: str, line: int, element: str, message: str) -> None:
        super().__init__(message)
        self.place = (file, line, element, message)


class ElementRefused(Exception):
    """One element is unusable; the others can still be imported."""

    def __init__(self, element: str, message: str) -> None:
        super().__init__(message)
        self.element = element
        self.message = message


def root_of(path: Path) -> str:
    """The interchange of a file. Raises FileRefused for another version, another interchange, or no XML."""
    root = next(elements_of(path), None)
    if root is None:
        raise FileRefused(path.name, 0, "", _("The file is empty."))
    if namespace_of(root) not in NAMESPACES:
        namespace = namespace_of(root) or _("no namespace")
        known = ", ".join(VERSIONS)
        words = _("Ed-Fi is read in the versions %(known)s. This file says %(said)s.", known=known, said=namespace)
        raise FileRefused(path.name, line_of(root), name_of(root), words)
    if name_of(root) not in INTERCHANGES:
        words = _("Only these interchanges can be imported: %(names)s.", names=", ".join(INTERCHANGES))
        raise FileRefused(path.name, line_of(root), name_of(root), words)
    return name_of(root)


def elements_of(path: Path) -> Iterator[Any]:
    """A file's root and then its children. Raises FileRefused."""
    try:
        with path.open("rb") as stream:
            yield from read_elements(stream)
    except BadXml as bad:
        raise FileRefused(path.name, bad.line, "", bad.message) from bad


def school_in(element: Any) -> tuple[str, str]:
    """A school's number and name."""
    return _number(element, "SchoolId"), _need(element, "NameOfInstitution", 200)


def student_in(element: Any) -> StudentIn:
    return StudentIn(
        _need(element, "StudentUniqueId", 32),
        _need(element, "Name/FirstName", 200),
        text_in(element, "Name/MiddleName")[:200],
        _need(element, "Name/LastSurname", 200),
        text_in(element, "Name/PreferredFirstName")[:200],
        text_in(element, "Name/PreferredLastSurname")[:200],
        _day(element, "BirthData/BirthDate") if text_in(element, "BirthData/BirthDate") else None,
    )


def incident_in(element: Any) -> IncidentIn:
    clock = text_in(element, "IncidentTime")
    outside = element.iterfind(path_of(element, "DisciplineIncidentExternalParticipant"))
    return IncidentIn(
        line_of(element), element.get("id") or "", _number(element, "SchoolReference/SchoolIdentity/SchoolId"),
        _need(element, "IncidentIdentifier", 36), _day(element, "IncidentDate"), _minute(clock) if clock else None,
        text_in(element, "IncidentLocation"), text_in(element, "ReporterDescription"),
        _texts(element, "Behavior/Behavior"), _texts(element, "Weapon"), _truth(element),
        [_need(participant, "DisciplineIncidentParticipationCode", 255) for participant in outside],
    )  # fmt: skip


def part_in(element: Any) -> PartIn:
    """Read a StudentDisciplineIncidentBehaviorAssociation, or the association of a student who did not cause harm."""
    acted = name_of(element) == "StudentDisciplineIncidentBehaviorAssociation"
    codes = _texts(element, "DisciplineIncidentParticipationCode")
    if not codes and not acted:
        raise ElementRefused("DisciplineIncidentParticipationCode", _("It does not say which role it was."))
    return PartIn(
        line_of(element), _need(element, "StudentReference/StudentIdentity/StudentUniqueId", 32),
        _reference(element), _need(element, "Behavior", 255) if acted else "", codes, _texts(element, "Weapon"),
        element.get("id") or "",
    )  # fmt: skip


def old_parts_in(element: Any) -> list[PartIn]:
    """Read a StudentDisciplineIncidentAssociation of 4.0 or 5.0 in the form of 5.1: one part per behavior."""
    code = _need(element, "StudentParticipationCode", 255)
    code = code.replace("StudentParticipationCodeDescriptor#", "DisciplineIncidentParticipationCodeDescriptor#")
    student = _need(element, "StudentReference/StudentIdentity/StudentUniqueId", 32)
    place = line_of(element), student, _reference(element)
    behaviors = _texts(element, "Behavior/Behavior") if value_of(code) == CAUSED else []
    return [
        PartIn(*place, behavior, [code], [], element.get("id") or "", is_old=True) for behavior in behaviors or [""]
    ]


def action_in(element: Any) -> ActionIn:
    return ActionIn(
        line_of(element), _number(element, "ResponsibilitySchoolReference/SchoolIdentity/SchoolId"),
        _need(element, "DisciplineActionIdentifier", 36),
        _need(element, "StudentReference/StudentIdentity/StudentUniqueId", 32), _texts(element, "Discipline"),
        _day(element, "DisciplineDate"), _days(element),
        list(dict.fromkeys(_abouts(element))),
    )  # fmt: skip


def _abouts(element: Any) -> Iterator[Reference]:
    for name in ASSOCIATIONS:
        for reference in element.iterfind(path_of(element, f"{name}Reference")):
            yield _about(reference, name)


def _about(reference: Any, name: str) -> Reference:
    """The incident of an action's reference to an association."""
    if reference.get("ref"):
        return Reference(xml_id=reference.get("ref"))
    identity = reference.find(path_of(reference, f"{name}Identity"))
    if identity is None:
        raise ElementRefused(f"{name}Reference", _("It names no incident."))
    return _reference(identity)


def path_of(element: Any, path: str) -> str:
    namespace = namespace_of(element)
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


def text_in(element: Any, path: str) -> str:
    return (element.findtext(path_of(element, path)) or "").strip()


def _texts(element: Any, path: str) -> list[str]:
    return [text for child in element.iterfind(path_of(element, path)) if (text := (child.text or "").strip())]


def _need(element: Any, path: str, most: int) -> str:
    text = text_in(element, path)
    if not text:
        raise ElementRefused(path.rsplit("/", 1)[-1], _("It is missing."))
    if len(text) > most:
        raise ElementRefused(path.rsplit("/", 1)[-1], _("It is longer than %(most)s characters.", most=most))
    return text


def _number(element: Any, path: str) -> str:
    text = _need(element, path, 19)
    if not (text.isascii() and text.isdecimal()):
        raise ElementRefused(path.rsplit("/", 1)[-1], _("%(text)s is not a number.", text=text))
    return text


def _day(element: Any, path: str) -> date:
    text = _need(element, path, 40)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 2100:
        raise ElementRefused(path.rsplit("/", 1)[-1], _("%(text)s is not a date like 2026-11-24.", text=text))
    return day


def _minute(text: str) -> int:
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise ElementRefused("IncidentTime", _("%(text)s is not a time like 14:20:00.", text=text)) from error
    return moment.hour * 60 + moment.minute


def _truth(element: Any) -> str:
    text = text_in(element, "ReportedToLawEnforcement")
    if text not in ("", "true", "false", "1", "0"):
        raise ElementRefused("ReportedToLawEnforcement", _("%(text)s is not true or false.", text=text))
    return {"1": "true", "0": "false"}.get(text, text)


def _days(element: Any) -> int:
    text = text_in(element, "DisciplineActionLength") or "0"
    try:
        days = Decimal(text)
    except InvalidOperation:
        days = Decimal("-1")
    if not (days.is_finite() and 0 <= days < 1000 and days == int(days)):
        words = _("%(text)s is not a number of whole days from 0 to 999.", text=text)
        raise ElementRefused("DisciplineActionLength", words)
    return int(days)


def _reference(element: Any) -> Reference:
    reference = element.find(path_of(element, "DisciplineIncidentReference"))
    if reference is None:
        raise ElementRefused("DisciplineIncidentReference", _("It is missing."))
    if reference.get("ref"):
        return Reference(xml_id=reference.get("ref"))
    identity = reference.find(path_of(reference, "DisciplineIncidentIdentity"))
    if identity is None:
        raise ElementRefused("DisciplineIncidentReference", _("It names no incident."))
    school = _number(identity, "SchoolReference/SchoolIdentity/SchoolId")
    return Reference(school, _need(identity, "IncidentIdentifier", 36))
