"""What may be shown of a question."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ResultState(Labelled):
    """Whether a question's answers may be shown; what may not be is not kept either."""

    SHOWN = "shown", _l("Shown")
    TOO_FEW = "too_few", _l("Too few to show")
    TOO_ALIKE = "too_alike", _l("Nearly everyone answered alike, so it is not shown")
