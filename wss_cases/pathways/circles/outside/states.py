"""What the history says of keepers without an account."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "circle.outside_keeper_named": _l("A keeper from %(partner)s helps to keep this circle"),
    "circle.outside_keeper_ended": _l("A keeper from %(partner)s no longer helps to keep this circle"),
    "circle.student_keeper_named": _l("A student helps to keep this circle, with a trained adult"),
    "circle.student_keeper_ended": _l("A student no longer helps to keep this circle"),
}
