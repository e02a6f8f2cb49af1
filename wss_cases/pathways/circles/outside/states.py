"""What the history says of keepers from outside."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "circle.outside_keeper_named": _l("A keeper from %(partner)s helps to keep this circle"),
    "circle.outside_keeper_ended": _l("A keeper from %(partner)s no longer helps to keep this circle"),
}
