"""The mail that a tenth day away was reached: no name, a link."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.engine import can
from wss_cases.access.permissions import Permission
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind
from wss_cases.safeguards.actions_day_ten import MAIL
from wss_cases.safeguards.queries_discipline import load_action
from wss_cases.safeguards.rules_discipline import REVIEW_WITHIN
from wss_cases.safeguards.states_discipline import ActionState


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    return {"within": REVIEW_WITHIN, "href": link(f"/discipline/{message.object_id}")}


def _still_stands(message: OutboxMessage, actor: Actor) -> bool:
    action = load_action(message.object_id)
    return (
        action is not None
        and action.state is ActionState.STANDING
        and can(actor, Permission.DISCIPLINE_READ, action)
    )


MESSAGES = (MessageKind(MAIL, "day_ten", _context, _still_stands),)
