"""Rules of the daily grid: names of its cells, columns, totals, and the changes in a sent form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.pathways.mentoring.plan.models import BEST_MARK, Came

IN, OUT, POINTS = "in", "out", "c"
LEFT = "1"


@dataclass(frozen=True)
class Place:
    """A cell of the grid: `what` is arrival, departure, or points of a period and a goal (both from 0)."""

    what: str
    pathway_id: int
    period: int = 0
    goal: int = 0


@dataclass(frozen=True)
class Change:
    """A change of a cell: the chosen value, and what the form showed before ('' for none)."""

    name: str
    place: Place
    value: str
    seen: str


def name_of(place: Place) -> str:
    """The name of a cell's field: in-12, out-12, c-12-0-1."""
    numbers = [place.pathway_id, place.period, place.goal] if place.what == POINTS else [place.pathway_id]
    return "-".join([place.what, *map(str, numbers)])


def place_in(name: str) -> Place | None:
    """The cell that a field's name means; None for other names."""
    what, *numbers = name[:80].split("-")
    wanted = {IN: 1, OUT: 1, POINTS: 3}.get(what)
    if wanted != len(numbers) or not all(text.isascii() and text.isdigit() and len(text) < 19 for text in numbers):
        return None
    return Place(what, *map(int, numbers))


def is_answer(place: Place, value: str) -> bool:
    """Whether a cell can hold this value; '' means none."""
    answers = {IN: tuple(Came), OUT: (LEFT,), POINTS: tuple(str(mark) for mark in range(BEST_MARK + 1))}
    return value == "" or value in answers[place.what]


def shown_text(values: Mapping[str, str]) -> str:
    """What a student's cells showed, as one line of a form: the filled ones as name=value."""
    return " ".join(f"{name}={value}" for name, value in values.items() if value)


def changes_in(sent: Mapping[str, str], shown: Iterable[str]) -> list[Change]:
    """The cells that a sent form changes. Arrivals come before points, points before departures."""
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
    return sorted(changes, key=lambda change: (change.place.pathway_id, order[change.place.what], change.name))


def columns_of(known: Sequence[str], cards: Iterable[Sequence[str]]) -> list[str]:
    """The periods of a day as columns of a grid: the school's own in order, then other periods of the cards."""
    cards = [list(periods) for periods in cards]
    used = {period for periods in cards for period in periods}
    columns = [period for period in known if period in used]
    for periods in cards:
        columns += [period for period in periods if period not in columns]
    return columns


def points_of(marks: Mapping[str, Any], goal: int) -> tuple[int, int]:
    """The points of a goal on a day, and the most possible in the periods that were marked."""
    points = [row[goal] for row in marks.values() if goal < len(row) and row[goal] is not None]
    return sum(points), BEST_MARK * len(points)
