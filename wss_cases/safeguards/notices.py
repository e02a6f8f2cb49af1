"""The mails about legal duties: that one waits, or that one waits for a second look; no names, a link."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.engine import can
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind
from wss_cases.safeguards.models import LegalDuty
from wss_cases.safeguards.states import DUTY_LABELS, OPEN_DUTY, DutyState


def _duty(message: OutboxMessage) -> LegalDuty | None:
    return db.session.get(LegalDuty, message.object_id)


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    duty = _duty(message)
    if duty is None:
        return None
    return {
        "what": str(DUTY_LABELS.get(duty.code, duty.code)),
        "verify_first": duty.state is DutyState.VERIFY_FIRST,
        "href": link(f"/duties/{duty.id}"),
    }


def _still_open(message: OutboxMessage, actor: Actor) -> bool:
    duty = _duty(message)
    return duty is not None and duty.state in OPEN_DUTY and can(actor, Permission.DUTY_DISCHARGE, duty)


def _still_proposed(message: OutboxMessage, actor: Actor) -> bool:
    duty = _duty(message)
    return (
        duty is not None and duty.proposed_by_id not in (None, actor.user_id) and _still_open(message, actor)
    )


MESSAGES = (
    MessageKind("duty_raised", "duty_raised", _context, _still_open),
    MessageKind("duty_second_look", "duty_second_look", _context, _still_proposed),
)
