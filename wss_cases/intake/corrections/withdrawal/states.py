"""What the history says of a report that its reporter takes back."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: Final[dict[str, Any]] = {
    "incident.withdrawn": _l("Withdrawn by the reporter. Why: %(why)s"),
    "incident.withdrawal_asked": _l(
        "The reporter asks to withdraw it. A duty or danger hangs on it, so a dean decides. Why: %(why)s"
    ),
    "review.reopened": _l("Opened again. Why: %(why)s"),
}
