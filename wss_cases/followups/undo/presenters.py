"""What was just done to follow-ups, in words, with what takes it back."""

from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.followups.core.models import ActKind
from wss_cases.followups.undo.queries import Done, last_act
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext


def undo_line(actor: Actor, now: datetime, follow_up_id: int | None = None) -> dict[str, Any] | None:
    """Return the confirmation of what somebody just did (to one follow-up) and may take back; None without one."""
    done = last_act(actor, now, follow_up_id)
    return None if done is None else {"batch": done.batch, "words": _words(done)}


def _words(done: Done) -> str:
    if done.count > 1 and done.kind is ActKind.CLOSED:
        return ngettext("%(num)d follow-up closed", "%(num)d follow-ups closed", done.count)
    if done.count > 1:
        return ngettext("%(num)d follow-up moved", "%(num)d follow-ups moved", done.count)
    row = done.row
    if row is None:
        return _("Reassigned to someone else")
    if done.kind is ActKind.CLOSED:
        return _("Closed: %(title)s", title=row.title)
    if done.kind is ActKind.CANCELLED:
        return _("Canceled: %(title)s", title=row.title)
    if done.kind is ActKind.REASSIGNED:
        return _("Reassigned to %(owner)s: %(title)s", owner=row.owner, title=row.title)
    if done.kind is ActKind.SNOOZED:
        return _("Reminders paused until %(day)s: %(title)s", day=day_words(row.snoozed_until), title=row.title)
    return _("Moved to %(day)s: %(title)s", day=day_words(row.due_on), title=row.title)
