"""Reading Ed-Fi files: each element as a plain record with its line, or a sentence about what is wrong with it."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from wss_cases.foundation.files.xml_files import BadXml, line_of, name_of, namespace_of, read_elements
from wss_cases.foundation.i18n import _
from wss_cases.outcomes.edfi.common import CAUSED, NAMESPACES, VERSIONS, value_of
from wss_cases.outcomes.edfi.importing.rules import ActionIn, IncidentIn, PartIn, Reference, SchoolIn, StudentIn

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


def school_in(element: Any) -> SchoolIn:
    return SchoolIn(_number(element, "SchoolId"), _need(element, "NameOfInstitution", 200))


def student_in(element: Any) -> StudentIn:
    return StudentIn(
        _need(element, "StudentUniqueId", 32),
        _need(element, "Name/FirstName", 200),
        _text(element, "Name/MiddleName")[:200],
        _need(element, "Name/LastSurname", 200),
        _text(element, "Name/PreferredFirstName")[:200],
        _text(element, "Name/PreferredLastSurname")[:200],
        _day(element, "BirthData/BirthDate") if _text(element, "BirthData/BirthDate") else None,
    )


def incident_in(element: Any) -> IncidentIn:
    clock = _text(element, "IncidentTime")
    outside = element.iterfind(_path(element, "DisciplineIncidentExternalParticipant"))
    return IncidentIn(
        line_of(element), element.get("id") or "", _number(element, "SchoolReference/SchoolIdentity/SchoolId"),
        _need(element, "IncidentIdentifier", 36), _day(element, "IncidentDate"), _minute(clock) if clock else None,
        _text(element, "IncidentLocation"), _text(element, "ReporterDescription"),
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
        for reference in element.iterfind(_path(element, f"{name}Reference")):
            yield _about(reference, name)


def _about(reference: Any, name: str) -> Reference:
    """The incident of an action's reference to an association."""
    if reference.get("ref"):
        return Reference(xml_id=reference.get("ref"))
    identity = reference.find(_path(reference, f"{name}Identity"))
    if identity is None:
        raise ElementRefused(f"{name}Reference", _("It names no incident."))
    return _reference(identity)


def _path(element: Any, path: str) -> str:
    namespace = namespace_of(element)
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


def _text(element: Any, path: str) -> str:
    return (element.findtext(_path(element, path)) or "").strip()


def _texts(element: Any, path: str) -> list[str]:
    return [text for child in element.iterfind(_path(element, path)) if (text := (child.text or "").strip())]


def _need(element: Any, path: str, most: int) -> str:
    text = _text(element, path)
    if not text:
        raise ElementRefused(_last(path), _("It is missing."))
    if len(text) > most:
        raise ElementRefused(_last(path), _("It is longer than %(most)s characters.", most=most))
    return text


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _number(element: Any, path: str) -> str:
    text = _need(element, path, 19)
    if not (text.isascii() and text.isdecimal()):
        raise ElementRefused(_last(path), _("%(text)s is not a number.", text=text))
    return text


def _day(element: Any, path: str) -> date:
    text = _need(element, path, 40)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 2100:
        raise ElementRefused(_last(path), _("%(text)s is not a date like 2026-11-24.", text=text))
    return day


def _minute(text: str) -> int:
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise ElementRefused("IncidentTime", _("%(text)s is not a time like 14:20:00.", text=text)) from error
    return moment.hour * 60 + moment.minute


def _truth(element: Any) -> str:
    text = _text(element, "ReportedToLawEnforcement")
    if text not in ("", "true", "false", "1", "0"):
        raise ElementRefused("ReportedToLawEnforcement", _("%(text)s is not true or false.", text=text))
    return {"1": "true", "0": "false"}.get(text, text)


def _days(element: Any) -> int:
    text = _text(element, "DisciplineActionLength") or "0"
    try:
        days = Decimal(text)
    except InvalidOperation:
        days = Decimal("-1")
    if not (days.is_finite() and 0 <= days < 1000 and days == int(days)):
        words = _("%(text)s is not a number of whole days from 0 to 999.", text=text)
        raise ElementRefused("DisciplineActionLength", words)
    return int(days)


def _reference(element: Any) -> Reference:
    reference = element.find(_path(element, "DisciplineIncidentReference"))
    if reference is None:
        raise ElementRefused("DisciplineIncidentReference", _("It is missing."))
    if reference.get("ref"):
        return Reference(xml_id=reference.get("ref"))
    identity = reference.find(_path(reference, "DisciplineIncidentIdentity"))
    if identity is None:
        raise ElementRefused("DisciplineIncidentReference", _("It names no incident."))
    school = _number(identity, "SchoolReference/SchoolIdentity/SchoolId")
    return Reference(school, _need(identity, "IncidentIdentifier", 36))
