"""Pure: which follow-ups may sleep, how often, and until when at most."""

from datetime import date

from wss_cases.followups.reminders.rules import CONTACT
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.rules import SchoolDays

TIMES = 2
AFTER_DUE = 5
"""School days after its due date until which an item may sleep, all its sleeps together."""


def latest_snooze(due_on: date, days: SchoolDays) -> date:
    """Return the last day until which a follow-up may sleep."""
    return days.add(due_on, AFTER_DUE)


def why_not(kind: str, same_day: bool, due_on: date, count: int, today: date, days: SchoolDays) -> str:
    """Return why a follow-up may not sleep now, in words; '' where it may."""
    # a legal duty is no follow-up, and has no such act
    if same_day or kind in CONTACT:
        return _("Reminders of same-day items and of contact with a person harmed cannot be paused.")
    if count >= TIMES:
        return _("Its reminders were already paused twice. Reschedule, reassign, or close it.")
    if latest_snooze(due_on, days) <= today:
        return _("It has been overdue too long. Reschedule, reassign, or close it.")
    return ""


def wrong_day(until: date, due_on: date, today: date, days: SchoolDays) -> str:
    """Return what is wrong with the day until which a follow-up shall sleep, in words; '' for a good one."""
    if until <= today:
        return _("Choose a later day than today.")
    if not days.is_school_day(until):
        return _("There is no school on this day. Choose a school day.")
    if until > latest_snooze(due_on, days):
        return _("Choose a day within five school days after it is due.")
    return ""
