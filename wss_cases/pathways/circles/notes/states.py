"""The legal exceptions to the privilege of notes."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ExceptionKind(Labelled):
    """The exceptions that the law leaves."""

    PREVENT_HARM = "prevent_harm", _l("To prevent death or bodily harm")
    OTHER_LAW = "other_law", _l("A duty under another law")
    COURT_REPORT = "court_report", _l("A report that a court ordered")
