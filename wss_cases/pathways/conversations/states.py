"""The repair steps that a conversation most often ends with."""

from wss_cases.foundation.i18n import lazy_gettext as _l

OTHER = "other"

REPAIR_LABELS: dict[str, object] = {
    "apology": _l("Apologize, in person or in writing"),
    "mend": _l("Fix, clean, or replace it"),
    "help": _l("Help the person harmed, or the class"),
    "talk_again": _l("Talk again"),
    OTHER: _l("Something else"),
}
"""Quick answers; any other repair is typed."""
