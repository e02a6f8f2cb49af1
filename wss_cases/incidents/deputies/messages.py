"""The mail that asks a network's deputy to be a school's second person; it names nobody."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.deputies.queries import asked_of, load_look
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage

ASKED = "deputy.asked"


def _says(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A school asks you for a second look"),
        "words": _(
            "Two people must agree to something, and the school has only one who may. You stand in for its network. "
            "Please look, and say whether you agree."
        ),
        "href": link(f"/deputy-looks/{message.object_id}"),
    }


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    look = load_look(message.object_id)
    return look is not None and can(actor, Permission.DEPUTY_LOOK, look) and asked_of(look) is not None


MESSAGES = (MessageKind(ASKED, "incident", _says, _waits),)
