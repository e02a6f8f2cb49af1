"""What the history says of codes for substitutes."""

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES = {
    "period_code.made": _l("Code for a substitute made for %(day)s"),
    "period_code.revoked": _l("Code for a substitute revoked"),
}
