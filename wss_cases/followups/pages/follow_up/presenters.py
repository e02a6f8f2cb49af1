"""What a follow-up's page shows of its reminders."""

from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import SNOOZE_REASONS
from wss_cases.followups.reminders.presenters import escalation_words
from wss_cases.followups.reminders.queries import item
from wss_cases.followups.reminders.recipients import escalation_reason
from wss_cases.followups.snooze.rules import why_not
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import sentence
from wss_cases.roster.directory.rules import SchoolDays

TOLD = ("followup.unreached", "followup.escalated")
"""Kinds of entries that say whom its lateness reached."""


def reminding(row: FollowUp, actor: Actor, now: datetime, days: SchoolDays) -> dict[str, Any]:
    """Return what the page of a follow-up shows of its reminders, in the reader's words."""
    due_item = item(row.id)
    if due_item is None:
        return {"paused": "", "why_you": "", "told": [], "may_pause": False}
    today = local_date(now, due_item.time_zone)
    escalation = escalation_reason(due_item, actor.user_id, now)
    return {
        "paused": _paused(row) if row.snoozed_until is not None and row.snoozed_until > today else "",
        "why_you": escalation_words(escalation) if escalation else "",
        "told": [sentence(entry) for entry in history("follow_up", row.id) if entry.kind in TOLD],
        "may_pause": row.state is FollowUpState.OPEN
        and not why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days),
    }


def _paused(row: FollowUp) -> str:
    reason = SNOOZE_REASONS.get(row.snooze_reason, row.snooze_reason)
    return _("Reminders are paused until %(day)s: %(reason)s", day=day_words(row.snoozed_until), reason=reason)
