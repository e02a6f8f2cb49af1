"""The email about a sealed file: that one was sealed and where, nothing of it."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.attachments.attachment.queries import load_attachment
from wss_cases.attachments.sealing.states import SEALED
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _words(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A file was sealed: act today"),
        "words": _(
            "A file in the records of a school may be a sexual image of a child. It was sealed: no one opens, copies or"
            " erases it. Call counsel and the Title IX coordinator now; email does not replace a phone call."
        ),
        "href": link("/attachments/sealed"),
    }


def _may_know(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.ATTACHMENT_SEALED, load_attachment(message.object_id))


MESSAGES = (MessageKind(SEALED, "incident", _words, _may_know),)
