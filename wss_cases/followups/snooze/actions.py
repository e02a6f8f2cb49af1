"""Letting the reminders of a follow-up sleep until a day; the follow-up itself stays due when it is."""

from datetime import date

from wss_cases.followups.core.models import ActKind
from wss_cases.followups.core.states import SNOOZE_REASONS
from wss_cases.followups.handling.actions import open_follow_up
from wss_cases.followups.snooze.rules import why_not, wrong_day
from wss_cases.followups.undo.actions import remember, restorable
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days


@use_case
def snooze(uow: UnitOfWork, follow_up_id: int, until: date, reason: str) -> int:
    """Let a follow-up remind nobody before a school day; `reason` is one of SNOOZE_REASONS.

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
