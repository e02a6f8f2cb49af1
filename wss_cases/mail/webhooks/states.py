"""What a webhook tells of, what became of it, and the words of both."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.journal.models import OutboxState


class HookEvent(Labelled):
    """What is told, as its receiver reads it."""

    WAITS = "report.waiting", _l("A report is waiting")
    DANGER = "danger.reported", _l("Danger now")
    DUTY = "duty.running", _l("The clock of a legal duty started")
    TEST = "webhook.test", _l("Test")


CHOSEN: Final = {event.value: event.label for event in HookEvent if event is not HookEvent.TEST}
"""What a webhook may ask for; a test is sent by hand."""

STATES: Final[dict[OutboxState, tuple[Any, str]]] = {
    OutboxState.WAITING: (_l("Waiting"), "sun"),
    OutboxState.CLAIMED: (_l("On its way"), "sun"),
    OutboxState.SENT: (_l("Delivered"), "moss"),
    OutboxState.FAILED: (_l("Failed"), "brick"),
    OutboxState.DROPPED: (_l("Not told"), "slate"),
}

REASONS: Final[dict[str, Any]] = {
    "status": _l("It answered with status %(status)s."),
    "redirect": _l("It redirects elsewhere (status %(status)s); redirects are not followed."),
    "gone": _l("It says that it no longer exists (status %(status)s)."),
    "private": _l("The address is inside a network, and WSS_WEBHOOK_HOSTS does not name it."),
    "plain": _l("The address does not begin with https://."),
    "name": _l("There is no machine of this name."),
    "tls": _l("Its certificate is not good, or it does not speak TLS."),
    "timeout": _l("It did not answer in time."),
    "refused": _l("It cannot be reached."),
    "garbled": _l("It does not answer as a web server does."),
    "key": _l("Its secret cannot be opened: an older key of WSS_KEYS is missing."),
    "off": _l("The webhook was turned off before it was sent."),
}
"""Why an attempt failed: kept as a code, beside the answer's status and nothing else of the answer."""

WHY_OFF: Final[dict[str, Any]] = {
    "failed": _l("It was turned off automatically: nothing was delivered for two days."),
    "gone": _l("It was turned off automatically: its receiver says that it no longer exists."),
}

SENTENCES: Final[dict[str, Any]] = {
    "webhook.made": _l("The webhook was added"),
    "webhook.changed": _l("The webhook was changed"),
    "webhook.turned_on": _l("The webhook was turned on"),
    "webhook.turned_off": _l("The webhook was turned off"),
    "webhook.gave_up": _l("The webhook was turned off automatically because nothing was delivered"),
    "webhook.secret_renewed": _l("A new secret was made; the old one also signs for one day"),
    "webhook.tested": _l("A test was sent"),
    "webhook.sent_again": _l("Resent after failing: %(count)s"),
}
