"""When two reports may tell of the same event, and which of them stays. Pure."""

from collections.abc import Iterable
from typing import Any

from wss_cases.incidents.incident.rules import DUPLICATE_WINDOW
from wss_cases.incidents.incident.states import UNDECIDED


def may_be_same(one: Any, other: Any, students: Iterable[int | None], others: Iterable[int | None]) -> bool:
    """Whether two reports may tell of one event: same school, within two hours, a shared student or the same place and
    kind. `students` and `others` are the ids of each one's students; None is nobody known."""
    if one.school_id != other.school_id or abs(one.occurred_at - other.occurred_at) > DUPLICATE_WINDOW:
        return False
    shared = {number for number in students if number is not None} & set(others)
    return bool(shared) or (one.location_code == other.location_code and one.tile == other.tile)


def stays(one: Any, other: Any) -> Any:
    """Return which of two reports stays when they are merged: the one that is decided, else the one reported first."""
    decided = [row for row in (one, other) if row.state not in UNDECIDED]
    return decided[0] if len(decided) == 1 else min(one, other, key=lambda row: row.id)


def pair_of(one: int, other: int) -> tuple[int, int]:
    """Return the ids of two reports, the lower first."""
    return min(one, other), max(one, other)
