"""The groups in which settings stand, and what the timeline says of a change."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Group(Labelled):
    """What a setting is about."""

    DISTRICT = "district", _l("The district")
    MAIL = "mail", _l("Email and reminders")
    WORK = "work", _l("Cases")
    SAFEGUARDS = "safeguards", _l("Safeguards")
    PLANS = "plans", _l("Safety plans")


CHANGED, WITHDRAWN = _l("Setting changed: %(what)s"), _l("Planned change of a setting withdrawn: %(what)s")
HOURS_MOVED = _l("First and last bell changed with the district’s")
ZONE_MOVED = _l("The time zone is now %(zone)s, as the district’s")
