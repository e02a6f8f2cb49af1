"""How often a board report is sent: the words."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Every(Labelled):
    """How often a report is sent."""

    MONTH = "month", _l("Every month, on its first school day")
    QUARTER = "quarter", _l("Every quarter, on the first school day of November, February, May and August")
