"""What a day or a number that somebody sends can be at all: the one range behind every field and every address."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from wtforms import DateField, DateTimeField, FieldList, IntegerField

from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _

EARLIEST: Final = date(clock.EARLIEST_YEAR, 1, 1)
"""Before it no record of a student who can still be at a school begins."""
YEARS_AHEAD: Final = 10
LARGEST: Final = 10**9


def latest() -> date:
    """Return the last day that a plan, a consent or a rule can name: the end of a year, ten years from now."""
    return date(clock.now().year + YEARS_AHEAD, 12, 31)


def day_in(text: str) -> date:
    """Return a day that somebody sent as 2026-11-24. Raises ValueError for what is none, or none a record can hold."""
    day = date.fromisoformat(text)
    if not EARLIEST <= day <= latest():
        raise ValueError(text)
    return day


def refuse_implausible(fields: Any) -> bool:
    """Put an error beside each date and number that no record can hold; return whether there was none.

    A field with a narrower range of its own says so itself; this one stands behind every field, lists included.
    """
    wrong = [(field, words) for field in _each(fields) if (words := _problem(field.data)) and not field.errors]
    for field, words in wrong:
        field.errors = [words]
    for field in fields if wrong else ():
        if isinstance(field, FieldList):
            field.errors = [row.errors for row in field]
    return not wrong


def _each(fields: Any) -> Iterator[Any]:
    for field in fields:
        if hasattr(field, "append_entry") or hasattr(field, "form"):
            yield from _each(field)
        elif isinstance(field, DateField | DateTimeField | IntegerField):
            yield field


def _problem(value: Any) -> str:
    if isinstance(value, date) and not EARLIEST.year <= value.year <= latest().year:
        return _("Choose a day in the years %(first)s to %(last)s.", first=EARLIEST.year, last=latest().year)
    if isinstance(value, int) and abs(value) > LARGEST:
        return _("This number is too large.")
    return ""
