"""The mail that somebody took a file: no figure, no reason, only where to look."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind
from wss_cases.outcomes.actions_export import NOTICE
from wss_cases.outcomes.queries_export import load_export, may_know


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link("/outcomes/exports")}


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_export(message.object_id)
    return row is not None and row.user_id != actor.user_id and may_know(actor, row)


MESSAGES = (MessageKind(NOTICE, "export_made", _context, _still_due),)
