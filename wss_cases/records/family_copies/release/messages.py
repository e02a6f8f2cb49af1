"""The mail that a copy for a family waits to be released: no name, a link."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.records.family_copies.copy.queries import load_release
from wss_cases.records.family_copies.copy.states import ReleaseState
from wss_cases.records.family_copies.draft.actions import MAIL


def _still_waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_release(message.object_id)
    waits = row is not None and row.state is ReleaseState.HANDED_ON
    return waits and can(actor, Permission.FAMILY_COPY_RELEASE, row)


MESSAGES = (MessageKind(MAIL, "family_copy", leads_to("/family-copies/{id}"), _still_waits),)
