"""The words of push messages' pages, and why one did not arrive."""

from datetime import timedelta
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import PushWords

TEST: Final = PushWords(_l("Test message"), _l("Messages reach this device."), timedelta(minutes=10))

REASONS: Final[dict[str, Any]] = {
    "status": _l("The push service answered with status %(status)s."),
    "refused_key": _l("The push service does not accept our key (status %(status)s)."),
    "private": _l("The address of the push service is inside a network."),
    "plain": _l("The address of the push service does not begin with https://."),
    "name": _l("No push service has this name."),
    "tls": _l("The push service’s certificate is not good, or it does not speak TLS."),
    "timeout": _l("The push service did not answer in time."),
    "refused": _l("The push service cannot be reached."),
    "garbled": _l("The push service does not answer as a web server does."),
    "sealed": _l("The device’s address cannot be opened: an older key of WSS_KEYS is missing."),
    "server_key": _l("WSS_PUSH_KEY no longer holds the key of this device."),
    "late": _l("It was no longer of use when it could be sent."),
}
"""Kept as a code, beside the answer's status and nothing else of the answer."""
