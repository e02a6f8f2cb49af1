"""Pure decisions of the daily grid: the names of its cells, its columns, totals, and what a sent form changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.pathways.mentoring.plan.models import BEST_MARK, Came

IN, OUT, POINTS = "in", "out", "c"
LEFT = "1"


@dataclass(frozen=True)
class Place:
    """Which cell a name means: of which student, arrived, left, or points of a period and a goal (both from 0)."""

    what: str
    pathway_id: int
    period: int = 0
    goal: int = 0


@dataclass(frozen=True)
class Change:
    """One cell that a form changes: what was chosen, and what stood there when the form was shown ('' for nothing)."""

    name: str
    place: Place
    value: str
    seen: str


def name_of(place: Place) -> str:
    """Return the name of a cell's field: in-12, out-12, c-12-0-1."""
    numbers = [place.pathway_id, place.period, place.goal] if place.what == POINTS else [place.pathway_id]
    return "-".join([place.what, *map(str, numbers)])


def place_in(name: str) -> Place | None:
    """Return which cell a field's name means; None for a name of another form."""
    what, *numbers = name[:80].split("-")
    wanted = {IN: 1, OUT: 1, POINTS: 3}.get(what)
    if wanted != len(numbers) or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in numbers):
        return None
    return Place(what, *map(int, numbers))


def is_answer(place: Place, value: str) -> bool:
    """Whether a cell can hold this value; '' is nothing."""
    answers = {IN: tuple(Came), OUT: (LEFT,), POINTS: tuple(str(mark) for mark in range(BEST_MARK + 1))}
    return value == "" or value in answers[place.what]


def shown_text(values: Mapping[str, str]) -> str:
    """Return what a student's cells showed as one line of a form: the filled ones, name=value."""
    return " ".join(f"{name}={value}" for name, value in values.items() if value)


def changes_in(sent: Mapping[str, str], shown: Iterable[str]) -> list[Change]:
    """Return the cells that a sent form changes; arrivals come before points, points before departures."""
    seen: dict[str, str] = {}
    for line in shown:
        for name, equals, value in (pair.partition("=") for pair in line.split()):
            if equals:
                seen[name] = value
    changes = []
    for name in {**seen, **sent}:
        place, value = place_in(name), sent.get(name, "")
        if place is not None and is_answer(place, value) and value != seen.get(name, ""):
            changes.append(Change(name, place, value, seen.get(name, "")))
    order = {IN: 0, POINTS: 1, OUT: 2}
    return sorted(changes, key=lambda one: (one.place.pathway_id, order[one.place.what], one.name))


def columns_of(known: Sequence[str], cards: Iterable[Sequence[str]]) -> list[str]:
    """Return the periods of a day as the columns of a grid: the school's own in their order, then the cards' others."""
    cards = [list(periods) for periods in cards]
    used = {period for periods in cards for period in periods}
    columns = [period for period in known if period in used]
    for periods in cards:
        columns += [period for period in periods if period not in columns]
    return columns


def points_of(marks: Mapping[str, Any], goal: int) -> tuple[int, int]:
    """Return the points of one goal on a day, and the most they could be for the periods that were marked."""
    given = [row[goal] for row in marks.values() if goal < len(row) and row[goal] is not None]
    return sum(given), BEST_MARK * len(given)
