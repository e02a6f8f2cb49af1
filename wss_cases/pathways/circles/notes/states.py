"""Words of the acts around privileged notes."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l


class ExceptionKind(enum.StrEnum):
    """The exceptions that the law leaves."""

    PREVENT_HARM = "prevent_harm"
    OTHER_LAW = "other_law"
    COURT_REPORT = "court_report"


EXCEPTION_LABELS = {
    ExceptionKind.PREVENT_HARM: _l("To prevent death or bodily harm"),
    ExceptionKind.OTHER_LAW: _l("A duty under another law"),
    ExceptionKind.COURT_REPORT: _l("A report that a court ordered"),
}

SENTENCES: dict[str, Any] = {}
