"""The mail that a tenth day away was reached: no name, a link."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.discipline.removals.queries import load_action
from wss_cases.safeguards.discipline.removals.rules import REVIEW_WITHIN
from wss_cases.safeguards.discipline.removals.states import ActionState
from wss_cases.safeguards.discipline.tenth_day.actions import MAIL


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    return {"within": REVIEW_WITHIN, "href": link(f"/discipline/{message.object_id}")}


def _still_stands(message: OutboxMessage, actor: Actor) -> bool:
    action = load_action(message.object_id)
    return (
        action is not None and action.state is ActionState.STANDING and can(actor, Permission.DISCIPLINE_READ, action)
    )


MESSAGES = (MessageKind(MAIL, "day_ten", _context, _still_stands),)
