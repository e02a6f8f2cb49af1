"""The mail that asks a dean about a report which its reporter would take back."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _says(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A reporter asks to withdraw a report"),
        "words": _("It involves a legal duty or danger, so you decide. Its legal duties continue meanwhile."),
        "href": link(f"/review/{message.object_id}"),
    }


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    return incident is not None and incident.state in UNDECIDED and can(actor, Permission.INCIDENT_REVIEW, incident)


MESSAGES = (MessageKind("incident.withdrawal_asked", "incident", _says, _still_asked),)
