"""Pausing the reminders of a follow-up until a day. Its due date does not change."""

from datetime import date

from wss_cases.followups.core.models import ActKind
from wss_cases.followups.core.states import SNOOZE_REASONS
from wss_cases.followups.handling import open_follow_up
from wss_cases.followups.reminders.rules import CONTACT
from wss_cases.followups.undo import remember, restorable
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days
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


@use_case
def snooze(uow: UnitOfWork, follow_up_id: int, until: date, reason: str) -> int:
    """Pause the reminders of a follow-up until a school day; `reason` is a key of SNOOZE_REASONS.

    Raises NotFound, Stale, Refused naming the field.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    today, days = today_at(row.school_id, uow.now), school_days(row.school_id)
    if refusal := why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days):
        raise Refused("", refusal)
    if wrong := wrong_day(until, row.due_on, today, days):
        raise Refused("until", wrong)
    if reason not in SNOOZE_REASONS:
        raise Refused("reason", _("Choose why."))
    before = restorable(row)
    row.snoozed_until, row.snooze_reason = until, reason
    row.snooze_count += 1
    uow.record(row, "followup.snoozed", what=row.kind, until=until.isoformat(), reason=reason)
    remember(uow, row, ActKind.SNOOZED, before)
    return row.id
