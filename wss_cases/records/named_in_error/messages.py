"""The mail that asks a second person about somebody who is said to be named in error; it names nobody."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.records.named_in_error.queries import load_taking_out
from wss_cases.records.named_in_error.states import TakingOutState


def _says(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    row = load_taking_out(message.object_id)
    return {
        "subject": _("Second review of a report"),
        "words": _("Someone is said to be named in error in a report. Please review it, and answer."),
        "href": link(f"/incidents/{row.incident_id if row is not None else 0}#named-in-error"),
    }


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_taking_out(message.object_id)
    waits = row is not None and row.state is TakingOutState.ASKED and row.asked_by_id != actor.user_id
    return waits and can(actor, Permission.INCIDENT_REVIEW, row)


MESSAGES = (MessageKind("named_in_error.asked", "incident", _says, _waits),)
