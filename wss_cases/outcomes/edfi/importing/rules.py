"""What the parts of an Ed-Fi incident are in our words."""

from collections import defaultdict
from collections.abc import Iterable

from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.edfi.common.codes import CAUSED, ROLES_IN, SUFFERED, WEAPONS_IN, value_of
from wss_cases.outcomes.edfi.importing.elements import IncidentIn, PartIn


def without_old(parts: Iterable[PartIn]) -> list[PartIn]:
    """Leave out what a file before 5.1 says twice: in its old association, and in the two that came after."""
    parts = list(parts)
    newer = {(part.student, bool(part.behavior)) for part in parts if not part.is_old}
    return [part for part in parts if not part.is_old or (part.student, _caused(part)) not in newer]


def _caused(part: PartIn) -> bool:
    return CAUSED in map(value_of, part.codes)


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
