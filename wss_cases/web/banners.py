"""Notices that stand above every page for signed-in people."""

from datetime import datetime, timedelta

from wss_cases.foundation.i18n import gettext as _
from wss_cases.notices.queries import last_heartbeat

SILENT_AFTER = timedelta(minutes=5)


def banners(now: datetime) -> list[str]:
    """Return the texts to show above the page at this instant."""
    beat = last_heartbeat()
    if beat is not None and now - beat > SILENT_AFTER:
        return [_("Reminders are not being sent right now. The people who run the system can see this too.")]
    return []
