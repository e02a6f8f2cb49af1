"""The mail that somebody of the district opened a case: no name of a student, no reason, only where to look."""

from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.casework.access.one_case.actions import NOTICE
from wss_cases.casework.access.one_case.queries import load_opening
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    row = load_opening(message.object_id)
    return {"href": link(f"/cases/{row.case_id}/access")} if row else None


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_opening(message.object_id)
    return row is not None and actor.covers(row.school_id, Role.ADMINISTRATOR)


MESSAGES = (MessageKind(NOTICE, "case_opened", _context, _still_due),)
