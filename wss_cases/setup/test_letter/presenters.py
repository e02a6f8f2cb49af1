"""A test letter in words: whether the mail server took it."""

from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.bounces.rules import error_label

TAGS: dict[str, Any] = {"moss": _l("Accepted"), "sun": _l("Waiting"), "brick": _l("Failed")}


def outcome(letter: OutboxMessage, by_folder: bool) -> tuple[str, str]:
    """Return what became of a letter and its tone. `by_folder`: no mail server is set, mail is written to a folder."""
    if letter.state is OutboxState.SENT and by_folder:
        return _("Written to a folder: no mail server is set up, so it reaches no one."), "sun"
    if letter.state is OutboxState.SENT:
        return _("The mail server accepted it. Look in your mailbox."), "moss"
    if letter.state in (OutboxState.FAILED, OutboxState.DROPPED):
        return _("It was not sent. %(error)s", error=error_label(letter.last_error)), "brick"
    if letter.last_error:
        return _("Not accepted yet; trying again. %(error)s", error=error_label(letter.last_error)), "brick"
    return _("On its way: it is sent within a minute. Load this page again."), "sun"
