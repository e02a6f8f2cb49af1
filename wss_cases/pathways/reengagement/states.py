"""What the history says of this pathway."""

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES = {
    "reengagement.planned": _l("Return planned"),
}
