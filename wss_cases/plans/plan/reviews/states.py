"""When a plan is reviewed, and how a goal is rated."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ReviewKind(Labelled):
    """The two reviews of a year."""

    MID_YEAR = "mid_year", _l("Mid-year review")
    ANNUAL = "annual", _l("Annual review")


class Rating(Labelled):
    """How a goal stands at a review, as the committee judges it."""

    MET = "met", _l("Met")
    ON_TRACK = "on_track", _l("On track")
    BEHIND = "behind", _l("Behind")
    NO_LONGER = "no_longer", _l("No longer a goal")
