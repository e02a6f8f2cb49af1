"""The mail that a tenth day away was reached: no name, a link."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.discipline.removals.queries import load_action
from wss_cases.safeguards.discipline.removals.rules import REVIEW_WITHIN
from wss_cases.safeguards.discipline.removals.states import ActionState
from wss_cases.safeguards.discipline.tenth_day.actions import MAIL


def _still_stands(message: OutboxMessage, actor: Actor) -> bool:
    action = load_action(message.object_id)
    stands = action is not None and action.state is ActionState.STANDING
    return stands and can(actor, Permission.DISCIPLINE_READ, action)


MESSAGES = (MessageKind(MAIL, "day_ten", leads_to("/discipline/{id}", within=REVIEW_WITHIN), _still_stands),)
