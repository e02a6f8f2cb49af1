"""The mail of a decision: a case was given to its lead coordinator; no names, a link."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.queries import load_case
from wss_cases.cases.case.states import OPEN
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _assigned(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link(f"/cases/{message.object_id}")}


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    case = load_case(message.object_id)
    return (
        case is not None
        and case.state in OPEN
        and case.lead_id == actor.user_id
        and can(actor, Permission.CASE_READ, case)
    )


MESSAGES = (MessageKind("case_assigned", "case_assigned", _assigned, _still_theirs),)
