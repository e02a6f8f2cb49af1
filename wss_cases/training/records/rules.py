"""Pure decisions about a training on record: when it counts, and its hours as people write them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

MOST_MINUTES: Final = 200 * 60
"""A training is at most 200 hours long."""


@dataclass(frozen=True)
class Training:
    """What goes on record of one person; `minutes` None: nobody said how long it took."""

    user_id: int
    topic: str
    completed_on: date
    minutes: int | None = None
    provider: str = ""
    certificate: str = ""
    valid_until: date | None = None
    session_id: int | None = None


def in_force(training: Any, day: date) -> bool:
    """Whether a training was completed by a day, was not taken back, and has not run out on it."""
    return (
        training.taken_back_at is None
        and training.completed_on <= day
        and (training.valid_until is None or training.valid_until >= day)
    )


def hours_words(minutes: int | None) -> str:
    """Return minutes as hours, as a page and a file write them: 90 is 1.5; '' where nobody said."""
    return "" if minutes is None else f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def minutes_in(typed: str) -> int:
    """Return the minutes of typed hours: 90 for 1.5 or 1,5. Raises ValueError for what is no number of hours."""
    text = typed.strip().replace(",", ".")
    digits = text.replace(".", "", 1)
    if not digits.isascii() or not digits.isdigit() or len(text) > 8:
        raise ValueError(typed)
    minutes = round(float(text) * 60)
    if not 0 < minutes <= MOST_MINUTES:
        raise ValueError(typed)
    return minutes


def total_minutes(records: Iterable[Any]) -> int:
    """Return the minutes of all trainings that were not taken back."""
    return sum(row.minutes or 0 for row in records if row.taken_back_at is None)
