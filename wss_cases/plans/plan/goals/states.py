"""Which way a goal wants its measure to move."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Direction(Labelled):
    """From the baseline to the target."""

    UP = "up", _l("Up to")
    DOWN = "down", _l("Down to")
    HOLD = "hold", _l("Hold at")
