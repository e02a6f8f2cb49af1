"""Pages stored as PDFs: what becomes of one, and why none came of it."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class PdfState(Labelled):
    """asked → ready, or failed."""

    ASKED = "asked", _l("Being made")
    READY = "ready", _l("Ready")
    FAILED = "failed", _l("Not made")


PDF_TRANSITIONS: Final[dict[PdfState, frozenset[PdfState]]] = {
    PdfState.ASKED: frozenset({PdfState.READY, PdfState.FAILED}),
    PdfState.READY: frozenset(),
    PdfState.FAILED: frozenset(),
}


class Why(enum.StrEnum):
    """Why no PDF came of it."""

    NONE = ""
    MISSING = "missing"
    SLOW = "slow"
    BROKEN = "broken"
    FORBIDDEN = "forbidden"


PDF_TONES: Final = {PdfState.ASKED: "sun", PdfState.READY: "moss", PdfState.FAILED: "brick"}

WHY_LABELS: Final[dict[Why, Any]] = {
    Why.NONE: "",
    Why.MISSING: _l("This machine cannot make PDFs: Pango is missing. Tell the people who run the system."),
    Why.SLOW: _l("It took too long. Ask for it again."),
    Why.BROKEN: _l("It did not work. Ask for it again, and tell the people who run the system if it fails again."),
    Why.FORBIDDEN: _l("The person who requested it may no longer open it."),
}
LANGUAGE_LABELS: Final[dict[str, str]] = {"en": "English", "es": "Español"}
