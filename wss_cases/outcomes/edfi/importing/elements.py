"""What an Ed-Fi file says, element by element, as plain records."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class SchoolIn:
    """A school of EducationOrganization."""

    number: str
    name: str


@dataclass(frozen=True)
class StudentIn:
    """A student of Student."""

    number: str
    given: str
    middle: str
    family: str
    preferred_given: str
    preferred_family: str
    born: date | None


@dataclass(frozen=True)
class Reference:
    """Which incident something is about: by its key (school, identifier), or by the id that the file gives it."""

    school: str = ""
    identifier: str = ""
    xml_id: str = ""


@dataclass(frozen=True)
class PartIn:
    """One student's association with an incident; `behavior` is '' for who did not cause harm."""

    line: int
    student: str
    about: Reference
    behavior: str
    codes: list[str]
    weapons: list[str]
    xml_id: str = ""
    is_old: bool = False
    """Of the association that 4.0 and 5.0 have beside the newer two."""


@dataclass
class IncidentIn:
    """One incident."""

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
        """Return the digest of everything but where it stands in the file."""
        parts = sorted((p.student, p.behavior, *sorted(p.codes), "|", *sorted(p.weapons)) for p in self.parts)
        return _digest_of(asdict(self) | {"parts": parts}, "line", "xml_id")


@dataclass(frozen=True)
class ActionIn:
    """One discipline action."""

    line: int
    school: str
    identifier: str
    student: str
    disciplines: list[str]
    day: date
    days: int
    about: list[Reference]

    def digest(self) -> str:
        """Return the digest of everything but where it stands in the file."""
        return _digest_of(asdict(self), "line")


def _digest_of(content: dict[str, Any], *left_out: str) -> str:
    of_element = {name: value for name, value in content.items() if name not in left_out}
    return hashlib.sha256(json.dumps(of_element, sort_keys=True, default=str).encode()).hexdigest()
