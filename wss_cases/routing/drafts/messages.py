"""The email that a draft of the rules waits for a second person."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.routing.drafts.actions import WAITS
from wss_cases.routing.engine.states import RuleSetState
from wss_cases.routing.rule_sets.queries import load_rule_set

_SAYS = leads_to(
    "/rules/{id}",
    subject=_l("A draft of the rules waits for a second person"),
    words=_l(
        "Someone handed over a draft of the rules by which reports are routed. Look at what it changes, and publish it "
        "or talk with its author. Until then the rules stay as they are."
    ),
)


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    draft = load_rule_set(message.object_id)
    if draft is None or draft.state is not RuleSetState.DRAFT or draft.proposed_by_id in (None, actor.user_id):
        return False
    return can(actor, Permission.RULES_EDIT, draft)


MESSAGES = (MessageKind(WAITS, "incident", _SAYS, _waits),)
