"""Life of the proposal to take somebody out of a report, and its words."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class TakingOutState(Labelled):
    """Asked by one person where something hangs on it, and then agreed or refused by another."""

    ASKED = "asked", _l("Waiting for a second person")
    DONE = "done", _l("Removed")
    REFUSED = "refused", _l("Not removed")


SENTENCES: Final[dict[str, Any]] = {
    "named_in_error.asked": _l("Someone is said to be named in error. A second person reviews it."),
    "named_in_error.refused": _l("Second review: no one is removed"),
    "named_in_error.done": _l("Someone was named in error and was removed. Reason: %(why)s"),
}
