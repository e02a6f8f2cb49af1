"""What the history of agreements says."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l

NAMED: Final = "privacy_lead.named"
"""What rooms above react to: somebody else answers for privacy from now on."""

SENTENCES: Final[dict[str, object]] = {
    NAMED: _l("Named as responsible for privacy"),
    "analyst_agreement.recorded": _l("The agreement was recorded"),
    "analyst_agreement.ended": _l("The agreement was ended"),
}
