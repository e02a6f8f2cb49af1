"""The single mail of one follow-up: what kind of thing waits, since when, and a link. Never a name or a title."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.engine import can
from wss_cases.access.permissions import Permission
from wss_cases.followups.models import FollowUp, FollowUpState
from wss_cases.followups.states import KINDS
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.db import db
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind

FOLLOW_UP_DUE = "followup.due"


def dedupe_key(follow_up_id: int, due_on: str) -> str:
    """Return the key under which the mail of a follow-up for one due date is queued once."""
    return f"followup:{follow_up_id}:{due_on}"


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    row = db.session.get(FollowUp, message.object_id)
    if row is None:
        return None
    return {
        "what": str(KINDS.get(row.kind, KINDS["other"])),
        "due": day_words(row.due_on),
        "href": link(f"/follow-ups/{row.id}"),
    }


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = db.session.get(FollowUp, message.object_id)
    return (
        row is not None
        and row.state is FollowUpState.OPEN
        and row.owner_id == actor.user_id
        and message.dedupe_key == dedupe_key(row.id, row.due_on.isoformat())
        and can(actor, Permission.FOLLOWUP_READ, row)
    )


MESSAGES = (MessageKind(FOLLOW_UP_DUE, "follow_up", _context, _still_due),)
