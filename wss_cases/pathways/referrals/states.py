"""What the history says of this pathway."""

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES = {
    "referral.saved": _l("Referral details saved"),
}
