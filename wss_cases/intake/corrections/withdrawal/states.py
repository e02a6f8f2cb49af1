"""What the history says of a report that its reporter takes back."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: Final[dict[str, Any]] = {
    "incident.withdrawn": _l("Withdrawn by the reporter. Reason: %(why)s"),
    "incident.withdrawal_asked": _l(
        "The reporter asks to withdraw it. It involves a legal duty or danger, so a dean decides. Reason: %(why)s"
    ),
    "review.reopened": _l("Reopened. Reason: %(why)s"),
}
