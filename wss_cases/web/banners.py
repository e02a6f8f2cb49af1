"""Notices that stand above every page for signed-in people."""

from datetime import datetime

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.mail.monitoring import standing_on_page


def banners(now: datetime) -> list[str]:
    """The texts above the page at this instant."""
    found = standing_on_page(now)
    texts = []
    if found.paused_since is not None:
        since = moment_words(found.paused_since, district_zone())
        texts.append(
            _(
                "Email has been paused since %(since)s: no reminders are sent, not even about danger or a legal "
                "duty. Tell people yourself.",
                since=since,
            )
        )
    if found.scheduler in ("silent", "failing"):
        texts.append(_("Reminders are not being sent right now. The people who run the system can see this too."))
    if found.alone_since is not None:
        since = moment_words(found.alone_since, district_zone())
        texts.append(
            _(
                "Since %(since)s, what you save is kept on one machine only, because the database’s second machine "
                "does not answer. Keep working. The people who run the system have been told.",
                since=since,
            )
        )
    return texts
