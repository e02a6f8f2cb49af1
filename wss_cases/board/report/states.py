"""Stored board reports, and how often one is sent: their words."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ReportState(Labelled):
    """asked → ready, or failed."""

    ASKED = "asked", _l("Being made")
    READY = "ready", _l("Ready")
    FAILED = "failed", _l("Not made")


REPORT_TRANSITIONS: Final[dict[ReportState, frozenset[ReportState]]] = {
    ReportState.ASKED: frozenset({ReportState.READY, ReportState.FAILED}),
    ReportState.READY: frozenset(),
    ReportState.FAILED: frozenset(),
}


class Why(enum.StrEnum):
    """Why no PDF came of it."""

    NONE = ""
    MISSING = "missing"
    SLOW = "slow"
    BROKEN = "broken"
    FORBIDDEN = "forbidden"


class Every(Labelled):
    """How often a report is sent."""

    MONTH = "month", _l("Every month, on its first school day")
    QUARTER = "quarter", _l("Every quarter, on the first school day of November, February, May and August")


REPORT_TONES: Final = {ReportState.ASKED: "sun", ReportState.READY: "moss", ReportState.FAILED: "brick"}

WHY_LABELS: Final[dict[Why, Any]] = {
    Why.NONE: "",
    Why.MISSING: _l("This machine cannot make PDFs: Pango is missing. Tell the people who run the system."),
    Why.SLOW: _l("It took too long. Ask for it again."),
    Why.BROKEN: _l("It did not work. Ask for it again, and tell the people who run the system if it fails again."),
    Why.FORBIDDEN: _l("The person who requested it is no longer responsible for these schools."),
}
LANGUAGE_LABELS: Final[dict[str, str]] = {"en": "English", "es": "Español"}
