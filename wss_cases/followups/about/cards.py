"""Pure: follow-ups of one person and week on one card, so that one visit does them. None of them is lost in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

WEEK = 5
"""School days that one card spans at most."""


class Due(Protocol):
    """What a card is made of: due on a day, at a school, for somebody to do."""

    @property
    def due_on(self) -> date:
        """The school-local date on which it is due."""

    @property
    def school_id(self) -> int:
        """Whose days count."""

    @property
    def owner_id(self) -> int | None:
        """Whose it is to do."""


Row = TypeVar("Row", bound=Due)


@dataclass
class Card(Generic[Row]):
    """What one person is asked about within a school week, by the same owner; `person` '' where nobody is named."""

    person: str
    rows: list[Row]


def cards(
    rows: Iterable[Row], person_of: Callable[[Row], str], apart: Callable[[int, date, date], int]
) -> list[Card[Row]]:
    """Return these follow-ups on cards, in their order of days; what names nobody or several stands by itself.

    `apart(school, day, later day)` counts a school's days.
    """
    made: list[Card[Row]] = []
    open_card: dict[tuple[Any, ...], Card[Row]] = {}
    for row in sorted(rows, key=lambda row: row.due_on):
        person = person_of(row)
        key = (person, row.owner_id, row.school_id)
        card = open_card.get(key) if person else None
        if card is not None and apart(row.school_id, card.rows[0].due_on, row.due_on) < WEEK:
            card.rows.append(row)
        else:
            card = Card(person, [row])
            made.append(card)
            open_card[key] = card
    return made
