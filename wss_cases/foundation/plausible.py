"""The widest range of a day or number that anyone may send, checked behind every field and address.

A use case may refuse more, for example a review in the future. Beyond this range no record of the kind can exist, so a
typing error never becomes a row.
"""

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any, Final

from wtforms import DateField, DateTimeField, FieldList, IntegerField

from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _

EARLIEST: Final = date(clock.EARLIEST_YEAR, 1, 1)
"""Before it no record of a student who can still be at a school begins."""
YEARS_AHEAD: Final = 10
LARGEST: Final = 10**9


class Kind(Enum):
    """What a day stands for, and how many years before and after this year it may lie."""

    HAPPENED = 6, 1
    """What was done, said, signed or seen."""
    LEARNED = 60, 1
    """When somebody was trained, or took up a position."""
    PLANNED = 1, 3
    """A review, a next step, until when something is due: nothing is put off for longer."""
    AWAY = 3, 3
    """Days away and back, meetings, surveys, and whatever a form calls only "On which day"."""
    IN_FORCE = 100, YEARS_AHEAD
    """Rules, roles, consents and agreements, and the days that a report is asked for."""


_NAMES = {
    Kind.HAPPENED: "agreed_on asked_on decided_on filed_on given_on heard_on held_on named_yes_on on_day restricted_on"
    " reviewed_on signed_on told_on vacant_since",
    Kind.LEARNED: "completed_on filled_on trained_on",
    Kind.PLANNED: "answer_due_on due_on expected_end next_on next_step_on planned_on repair_on review_on start_by",
    Kind.AWAY: "away_from closes_on day notice_on on opens_on return_on",
    Kind.IN_FORCE: "agreement_from agreement_until ends_on first_day keep_until last_day starts_on target_by until"
    " valid_until",
}
KINDS: Final = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What each field for a day says, by its name; a field for a moment says when something happened."""


def latest() -> date:
    """The last day that a plan, consent or rule may name: the end of a year, ten years from now."""
    return date(_years(Kind.IN_FORCE)[1], 12, 31)


def _years(kind: Kind) -> tuple[int, int]:
    before, after = kind.value
    this = clock.now().year
    return max(this - before, clock.EARLIEST_YEAR), this + after


def day_in(text: str) -> date:
    """A posted day, written 2026-11-24. Raises ValueError for another spelling or an implausible day."""
    day = date.fromisoformat(text)
    if not EARLIEST <= day <= latest():
        raise ValueError(text)
    return day


def refuse_implausible(fields: Any) -> bool:
    """Put an error beside each implausible date and number; return whether there was none.

    A field with a narrower range reports itself; this check covers every field, lists included.
    """
    wrong = [(field, words) for field in _each(fields) if (words := _problem(field)) and not field.errors]
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


def _problem(field: Any) -> str:
    value = field.data
    otherwise = Kind.HAPPENED if isinstance(field, DateTimeField) else Kind.IN_FORCE
    first, last = _years(KINDS.get(field.short_name, otherwise))
    if isinstance(value, date) and not first <= value.year <= last:
        return _("Choose a day in the years %(first)s to %(last)s.", first=first, last=last)
    if isinstance(value, int) and abs(value) > LARGEST:
        return _("This number is too large.")
    return ""
