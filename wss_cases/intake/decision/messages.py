"""The mail of a decision: a case was given to its lead coordinator; no names, a link."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import OPEN
from wss_cases.cases.case.queries import load_case
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    case = load_case(message.object_id)
    theirs = case is not None and case.state in OPEN and case.lead_id == actor.user_id
    return theirs and can(actor, Permission.CASE_READ, case)


MESSAGES = (MessageKind("case_assigned", "case_assigned", leads_to("/cases/{id}"), _still_theirs),)
