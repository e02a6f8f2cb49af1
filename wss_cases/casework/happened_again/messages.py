"""The mail that something happened again in a case: no name, no word of it, only where to look."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import OPEN
from wss_cases.cases.case.queries import load_case
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage

HAPPENED_AGAIN = "case.happened_again"


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    case = load_case(message.object_id)
    return case is not None and case.state in OPEN and can(actor, Permission.CASE_READ, case)


MESSAGES = (MessageKind(HAPPENED_AGAIN, "happened_again", leads_to("/cases/{id}"), _still_theirs),)
