"""The elements of an Ed-Fi file as plain records."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.edfi.common import CAUSED, ROLES_IN, SUFFERED, WEAPONS_IN, value_of


@dataclass(frozen=True)
class SchoolIn:
    number: str
    name: str


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
        return _digest_of(asdict(self) | {"parts": parts}, "line", "xml_id")


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
        return _digest_of(asdict(self), "line")


def _digest_of(content: dict[str, Any], *left_out: str) -> str:
    of_element = {name: value for name, value in content.items() if name not in left_out}
    return hashlib.sha256(json.dumps(of_element, sort_keys=True, default=str).encode()).hexdigest()


def without_old(parts: Iterable[PartIn]) -> list[PartIn]:
    """Remove what a file before 5.1 says twice: in its old association, and in the two newer ones."""
    parts = list(parts)
    newer = {(part.student, bool(part.behavior)) for part in parts if not part.is_old}
    return [part for part in parts if not part.is_old or (part.student, _caused(part)) not in newer]


def _caused(part: PartIn) -> bool:
    return CAUSED in map(value_of, part.codes)


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
