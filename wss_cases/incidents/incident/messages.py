"""What the mails about reports say: a kind of thing and a link, never a name, a number or a text."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.incident.queries import load_care_record, load_incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _danger(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("Danger now reported at your school"),
        "words": _("A report says that somebody is hurt or in danger now. Open it, and call if nobody has called."),
        "href": link(f"/incidents/{message.object_id}"),
    }


def _returned(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A question about your report"),
        "words": _("Your report came back with a question. Please answer it."),
        "href": link(f"/incidents/{message.object_id}"),
    }


def _outcome(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("News about your report"),
        "words": _("A report you made has an outcome. Open it to see what became of it."),
        "href": link(f"/incidents/{message.object_id}"),
    }


def _care(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A student needs to be seen today"),
        "words": _("A worry about a student was recorded. A clinician screens on the same day."),
        "href": link(f"/care/{message.object_id}"),
    }


def _may_read(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.INCIDENT_READ, load_incident(message.object_id))


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    waits = incident is not None and incident.state is IncidentState.RETURNED
    return waits and _may_read(message, actor)


def _unscreened(message: OutboxMessage, actor: Actor) -> bool:
    record = load_care_record(message.object_id)
    return record is not None and record.screened_at is None and can(actor, Permission.CARE_WORK, record)


MESSAGES = (
    MessageKind("incident.danger", "incident", _danger, _may_read),
    MessageKind("incident.returned", "incident", _returned, _still_asked),
    MessageKind("incident.outcome", "incident", _outcome, _may_read),
    MessageKind("care.opened", "incident", _care, _unscreened),
)
