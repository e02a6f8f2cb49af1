"""What the mails about requests say: that there is one, and a link; never a word of it."""

from collections.abc import Callable
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.practice.requests.queries import load_request, was_opened

ASKED, DANGER, UNREAD = "circle_request.asked", "circle_request.danger", "circle_request.unread"


def _says(subject: Any, words: Any) -> Callable[[OutboxMessage, Actor], dict[str, Any]]:
    def context(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
        href = link(f"/circle-requests/{message.object_id}")
        return {"subject": str(subject), "words": str(words), "href": href}

    return context


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    request = load_request(message.object_id)
    return request is not None and request.became is None and can(actor, Permission.CIRCLE_REQUEST_WORK, request)


def _unread(message: OutboxMessage, actor: Actor) -> bool:
    return _waits(message, actor) and not was_opened(message.object_id)


MESSAGES = (
    MessageKind(
        ASKED,
        "incident",
        _says(_l("Someone asked for a circle"), _l("A request for a circle came in. Read it on this school day.")),
        _waits,
    ),
    MessageKind(
        DANGER,
        "incident",
        _says(
            _l("Someone who asked for a circle may be in danger"),
            _l("A request at your school mentions danger. Open it now, and call 911 or 988 if no one has called."),
        ),
        _waits,
        push=PushWords(
            _l("Someone who asked for a circle may be in danger"),
            _l("Open the request now. Call 911 or 988 if no one has called yet."),
        ),
    ),
    MessageKind(
        UNREAD,
        "incident",
        _says(
            _l("No one has read a request for a circle"),
            _l("It came in on an earlier day. Requests are read on every school day."),
        ),
        _unread,
    ),
)
