"""Pure decisions about requirements: when a training is due again, and how somebody stands."""

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from wss_cases.training.requirements.states import Standing

SOON: Final = timedelta(days=60)
"""So long before it is due, a training is asked for."""
MOST_MONTHS: Final = 120
MOST_PEOPLE: Final = 500
ORDER: Final = tuple(Standing)
"""From the most pressing to what is well."""


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, the last of the month where that has fewer days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def due_on(training: Any, months: int) -> date:
    """Return the last day on which a training satisfies a requirement of so many months."""
    again = months_after(training.completed_on, months)
    return again if training.valid_until is None else min(again, training.valid_until)


def standing_of(trainings: Iterable[Any], months: int, today: date) -> tuple[Standing, date | None]:
    """Return how somebody stands who has these trainings of a topic on record, and the day that decides.

    What was taken back, and what has yet to be completed, does not count.
    """
    days = [due_on(row, months) for row in trainings if row.taken_back_at is None and row.completed_on <= today]
    if not days:
        return Standing.NONE, None
    last = max(days)
    if last < today:
        return Standing.OVERDUE, last
    return (Standing.DUE if last <= today + SOON else Standing.VALID), last
