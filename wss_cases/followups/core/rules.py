"""Pure decisions about follow-ups: what closes one, and its due date in words."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.followups.core.states import NEEDS_NOTE, OUTCOMES
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.dates import day_words, day_words_with_year, weekday_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.roster.directory.rules import SchoolDays

WORDS_OF_CIRCLES = frozenset({"check_in_person_harmed", "agreement_check_in", "after_walk_out"})
"""Kinds whose note tells what somebody said in the follow-up to a circle: privileged as the circle is."""
QUICK = (1, 3, 5, 10)


@dataclass(frozen=True)
class Due:
    """A due date in words, and how it stands: overdue, today, soon (two school days), or later."""

    words: str
    state: str


def outcomes_of(kind: str) -> tuple[str, ...]:
    """Return the outcomes that may close a follow-up of this kind."""
    return OUTCOMES.get(kind, OUTCOMES["other"])


def needs_note(outcome: str) -> bool:
    """Whether an outcome says too little without a sentence."""
    return outcome in NEEDS_NOTE


def reads_words(actor: Actor, row: Any) -> bool:
    """Whether somebody reads what was said in a check-in after a circle: who heard it, or decides no discipline."""
    if row.kind not in WORDS_OF_CIRCLES or actor.user_id in (row.owner_id, row.closed_by_id):
        return True
    return actor.covers(row.school_id, Role.COORDINATOR) and not actor.covers(
        row.school_id, Role.DEAN, Role.ADMINISTRATOR
    )


def due_words(due_on: date, today: date, days: SchoolDays) -> Due:
    """Return a due date in the reader's words, counted in the school's own days.

    A count of days is given only where the calendar is known that far; a day in another school year says so.
    """
    if due_on < today:
        late = days.between(due_on, today)
        if late <= 0:
            return Due(_("Overdue since %(day)s", day=day_words(due_on)), "overdue")
        words = ngettext("Overdue by %(num)d school day", "Overdue by %(num)d school days", late)
        return Due(words, "overdue")
    if due_on == today:
        return Due(_("Due today, a half day") if days.is_half(today) else _("Due today"), "today")
    ahead = days.between(today, due_on)
    state = "soon" if ahead <= 2 else "later"
    if due_on == today + timedelta(days=1):
        tomorrow = (
            _("Due tomorrow (%(weekday)s, a half day)", weekday=weekday_words(due_on))
            if days.is_half(due_on)
            else _("Due tomorrow (%(weekday)s)", weekday=weekday_words(due_on))
        )
        return Due(tomorrow, state)
    if school_year(due_on) != school_year(today):
        words = _("Due %(day)s, in the next school year", day=day_words_with_year(due_on))
    elif ahead <= 5 or not days.knows(due_on):
        words = _("Due %(day)s", day=day_words(due_on))
    else:
        words = _("Due in %(number)d school days (%(day)s)", number=ahead, day=day_words(due_on))
    return Due(words, state)


def days_ahead(today: date, days: SchoolDays, *numbers: int) -> list[tuple[str, str]]:
    """Return (words, ISO date) of the school days that lie so many school days ahead, for chips above a date."""
    return [(day_words(day), day.isoformat()) for day in (days.add(today, number) for number in numbers)]


def quick_days(today: date, days: SchoolDays) -> list[tuple[str, str]]:
    """Return (words, ISO date) of the dates one most often moves a follow-up to."""
    chips = []
    for number in QUICK:
        day = days.add(today, number)
        words = ngettext("in %(num)d school day", "in %(num)d school days", number)
        chips.append((f"{words} ({weekday_words(day)})", day.isoformat()))
    return chips
