"""The mails that ask a network's deputy to be a school's second person, and that say that nobody can; neither names
anybody."""

from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.deputies.queries import asked_of, load_look, open_look
from wss_cases.journal.extension_points import for_deputy
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage

ASKED = "deputy.asked"
NOBODY = "deputy.nobody"


def _says(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A school asks you for a second review"),
        "words": _(
            "Two people must agree to something, and the school has only one who may. You are the second person for "
            "its network. Please review it and answer whether you agree."
        ),
        "href": link(f"/deputy-looks/{message.object_id}"),
    }


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    look = load_look(message.object_id)
    return look is not None and can(actor, Permission.DEPUTY_LOOK, look) and asked_of(look) is not None


def _nobody(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    names = can(actor, Permission.POLICE_APPROVER_EDIT, actor)
    return {
        "subject": _("A school is waiting for a second review that no one can do"),
        "words": _(
            "Two people must agree to something, and the school has only one who may. No one the district named for "
            "its network can be the second. Name someone else under Second approvals, or ask the district to."
        ),
        "href": link("/police-approvers" if names else "/deputy-looks"),
    }


def _still_nobody(message: OutboxMessage, actor: Actor) -> bool:
    waits = for_deputy(message.object_type, message.object_id) is not None
    reached = message.school_id is not None and actor.covers(message.school_id, Role.DISTRICT)
    return waits and reached and open_look(message.object_type, message.object_id) is None


MESSAGES = (MessageKind(ASKED, "incident", _says, _waits), MessageKind(NOBODY, "incident", _nobody, _still_nobody))
