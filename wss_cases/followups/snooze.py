"""Pausing the reminders of a follow-up until a day. Its due date does not change."""

from datetime import date

from wss_cases.followups.reminders.rules import CONTACT
from wss_cases.foundation.i18n import _
from wss_cases.roster.directory.rules import SchoolDays

TIMES = 2
AFTER_DUE = 5
"""The last school day after its due date until which reminders can be paused, over all pauses."""


def latest_snooze(due_on: date, days: SchoolDays) -> date:
    """The last day until which the reminders can be paused."""
    return days.add(due_on, AFTER_DUE)


def why_not(kind: str, same_day: bool, due_on: date, count: int, today: date, days: SchoolDays) -> str:
    """Why reminders may not be paused now, in words; '' when they may."""
    # legal duties are not follow-ups and cannot be paused
    if same_day or kind in CONTACT:
        return _("Reminders of same-day items and of contact with a person harmed cannot be paused.")
    if count >= TIMES:
        return _("Its reminders were already paused twice. Reschedule, reassign, or close it.")
    if latest_snooze(due_on, days) <= today:
        return _("It has been overdue too long. Reschedule, reassign, or close it.")
    return ""


def wrong_day(until: date, due_on: date, today: date, days: SchoolDays) -> str:
    """What is wrong with the end of a pause, in words; '' for a valid day."""
    if until <= today:
        return _("Choose a later day than today.")
    if not days.is_school_day(until):
        return _("There is no school on this day. Choose a school day.")
    if until > latest_snooze(due_on, days):
        return _("Choose a day within five school days after it is due.")
    return ""
