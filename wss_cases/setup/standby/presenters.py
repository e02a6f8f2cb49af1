"""A time without the standby in words."""

from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.mail.common.pages import StandbyLapse


def lapse_row(lapse: StandbyLapse) -> dict[str, Any]:
    """Return a lapse as lists show it."""
    since = moment_words(lapse.since, district_zone())
    if lapse.until is None:
        return {"title": since, "meta": _("It has not come back yet"), "tag": _("One machine only"), "tone": "brick"}
    until = moment_words(lapse.until, district_zone())
    return {"title": since, "meta": _("until %(until)s", until=until), "tag": _("Over"), "tone": "slate"}
