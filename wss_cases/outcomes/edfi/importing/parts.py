"""What a part of an Ed-Fi file is here; pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.edfi.common.codes import CAUSED, ROLES_IN, SUFFERED, WEAPONS_IN, value_of
from wss_cases.outcomes.edfi.importing.reading import IncidentIn, PartIn


def parts_of(parts: Iterable[PartIn]) -> list[tuple[PartIn, list[str]]]:
    """Put what a student was besides (harmed, witness) with the first thing that the same student did."""
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
    """Return our word for a student's or another's part; what has none is only involved."""
    values = {value_of(code) for code in codes}
    if {CAUSED, SUFFERED} <= values:
        return PersonRole.BOTH
    return next((role for value, role in ROLES_IN.items() if value in values), PersonRole.INVOLVED)


def weapon_of(one: IncidentIn) -> str | None:
    """Return our word for the weapons of an incident and of its parts; None when none is named or known."""
    codes = (*one.weapons, *(code for part in one.parts for code in part.weapons))
    kinds = {WEAPONS_IN.get(value_of(code), "other") for code in codes} - {""}
    return "firearm" if "firearm" in kinds else "other" if kinds else None


def digest_of(content: dict[str, Any]) -> str:
    """Return what tells two readings of the same element apart."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
