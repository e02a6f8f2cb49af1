"""Where a value of a survey comes from."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class SurveySource(Labelled):
    """A value that somebody entered was not computed here, and says so."""

    ENTERED = "entered", _l("Entered from a published survey")
    CLIMATE = "climate", _l("Climate survey of this system")
