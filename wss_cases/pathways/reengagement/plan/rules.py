"""Pure decisions about a return: the day, how long until then, the meeting near it, the gap of an enrolment."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wss_cases.foundation.clock import school_year
from wss_cases.foundation.dates import day_words, weekday_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.pathways.reengagement.plan.states import Meeting, MeetingMissed
from wss_cases.roster.directory.rules import SchoolDays

NEAR = 5
"""School days before or after the return within which a re-entry meeting is held."""
REVIEWS = (5, 20)
"""School days after the return on which it is reviewed."""
SOONER = 5
"""School days to one more review, when a review says that more support is needed."""
CATCH_UP = 5
"""School days after the return by which the work missed is looked at."""


def back_on(days: SchoolDays, starts_on: date, ends_on: date | None, length: int, is_open: bool) -> date | None:
    """Return the first day back after a removal; None for one without an end (`is_open`) and no last day."""
    if ends_on is not None:
        return days.add(ends_on, 1)
    if is_open:
        return None
    return days.add(days.on_or_after(starts_on), max(length, 1))


def return_words(return_on: date | None, returned_on: date | None, today: date, days: SchoolDays) -> str:
    """Return in words how long until a student is back, in the school's own days."""
    if returned_on is not None:
        return _("Back since %(day)s", day=day_words(returned_on))
    if return_on is None:
        return _("Day of return not known yet")
    if return_on == today:
        return _("Back today")
    if return_on < today:
        late = days.between(return_on, today)
        if late <= 0:
            return _("Expected on %(day)s", day=day_words(return_on))
        words = ngettext("Expected %(num)d school day ago", "Expected %(num)d school days ago", late)
        return _("%(when)s (%(day)s)", when=words, day=day_words(return_on))
    if (return_on - today).days == 1:
        return _("Back tomorrow (%(weekday)s)", weekday=weekday_words(return_on))
    words = ngettext("Back in %(num)d school day", "Back in %(num)d school days", days.between(today, return_on))
    return _("%(when)s (%(day)s)", when=words, day=day_words(return_on))


def is_near(day: date, return_on: date, days: SchoolDays) -> bool:
    """Whether a meeting on this day is near the return: at most five school days before or after it."""
    return abs(days.between(return_on, day)) <= NEAR


def meeting_of(plan: Any) -> Meeting:
    """Return how the re-entry meeting of a plan stands."""
    if plan.meeting_held_on is not None:
        return Meeting.HELD
    if plan.meeting_at is not None:
        return Meeting.PLANNED
    if plan.meeting_missed is MeetingMissed.NOT_WANTED:
        return Meeting.NOT_WANTED
    return Meeting.NOT_PLANNED if plan.meeting_missed is None else Meeting.MISSED


def quick_meetings(return_on: date, today: date, days: SchoolDays) -> list[date]:
    """Return the school days around a return on which a meeting is most often held: the day before, then on."""
    around = [days.add(return_on, number) for number in (-2, -1, 0, 1, 2)]
    return list(dict.fromkeys(day for day in around if day >= today))


def is_return(starts_on: date, earlier_ends: Sequence[date | None], days: SchoolDays, gap: int) -> bool:
    """Whether an enrolment begins again after a gap of at least so many school days within one school year.

    `earlier_ends` are the last days of the student's enrolments that began before; None is one that goes on.
    """
    if not earlier_ends or None in earlier_ends:
        return False
    last = max(day for day in earlier_ends if day is not None)
    if last >= starts_on or school_year(last) != school_year(starts_on):
        return False
    return days.between(last, starts_on) - 1 >= gap
