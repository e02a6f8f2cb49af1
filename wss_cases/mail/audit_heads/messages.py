"""The head of the audit log for its auditors, each week: their mailbox is a place that nobody here can write to."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.clock import now
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.audit.queries import head_document
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage

HEAD = "audit.head"


def week_of(instant: datetime) -> date:
    """Return the Monday of the district's week."""
    today = today_at(None, instant)
    return today - timedelta(days=today.weekday())


def head_key(user_id: int, week: date) -> str:
    """Return the key under which an auditor's head of a week is queued once."""
    return f"{HEAD}:{user_id}:{week.isoformat()}"


def _head(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    head = head_document(now())
    return {"number": head["number"], "document": json.dumps(head, indent=2), "href": link("/audit")}


def _of_this_week(message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.AUDITOR) and message.dedupe_key == head_key(message.recipient_id, week_of(now()))


MESSAGES = (MessageKind(HEAD, "audit_head", _head, _of_this_week),)
