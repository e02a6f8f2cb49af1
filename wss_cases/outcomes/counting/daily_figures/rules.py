"""The figures of one day's incidents, and their sums over days. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

BREAKDOWNS: Final = ("hour", "place", "group", "behavior", "grade")
NOT_KNOWN: Final = ""
"""The key of an unknown value in a stored figure."""


@dataclass
class DayFigure:
    """The incidents of one day: how many, how many could have led to the police, and breakdown to {key: incidents}."""

    incidents: int = 0
    serious: int = 0
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, part: str, key: str | None, number: int) -> None:
        """Add one counted row."""
        if part in ("incidents", "serious"):
            setattr(self, part, getattr(self, part) + number)
            return
        keys = self.parts.setdefault(part, {})
        keys[key or NOT_KNOWN] = keys.get(key or NOT_KNOWN, 0) + number

    def add(self, other: "DayFigure") -> None:
        self.incidents += other.incidents
        self.serious += other.serious
        for part, keys in other.parts.items():
            for key, number in keys.items():
                self.count(part, key, number)

    def row(self) -> dict[str, Any]:
        """The values of the stored columns."""
        return {"incidents": self.incidents, "serious": self.serious, "parts": self.parts}


@dataclass
class Parts:
    """The breakdowns of a period's incidents: part to {key: number of incidents}; key None is not known."""

    total: int = 0
    serious: int = 0
    by_day: dict[date, int] = field(default_factory=dict)
    hour: dict[str | None, int] = field(default_factory=dict)
    place: dict[str | None, int] = field(default_factory=dict)
    group: dict[str | None, int] = field(default_factory=dict)
    behavior: dict[str | None, int] = field(default_factory=dict)
    grade: dict[str | None, int] = field(default_factory=dict)
    months: dict[date, dict[str | None, int]] = field(default_factory=dict)
    """By behavior again, for each month (its first day)."""


def parts_from(days: Iterable[tuple[date, DayFigure, int]]) -> Parts:
    """The sum of (day, figure, times). Times -1 subtracts a figure."""
    parts = Parts()
    for day, figure, times in days:
        parts.total += times * figure.incidents
        parts.serious += times * figure.serious
        _add(parts.by_day, day, times * figure.incidents)
        month = parts.months.setdefault(day.replace(day=1), {})
        for part, keys in figure.parts.items():
            _add_all(month if part == "behavior" else getattr(parts, part), keys, times)
    for month in parts.months.values():
        for behavior, number in month.items():
            _add(parts.behavior, behavior, number)
    for part in BREAKDOWNS:
        setattr(parts, part, _known(getattr(parts, part)))
    parts.by_day = _known(parts.by_day)
    parts.months = {month: _known(numbers) for month, numbers in parts.months.items()}
    return parts


def _add(numbers: dict[Any, int], key: Any, number: int) -> None:
    numbers[key] = numbers.get(key, 0) + number


def _add_all(sums: dict[str | None, int], keys: dict[str, int], times: int) -> None:
    for key, number in keys.items():  # this loop runs thousands of times on a page, so it stays as plain as possible
        known = key or None
        sums[known] = sums.get(known, 0) + times * number


def _known(numbers: dict[Any, int]) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}
