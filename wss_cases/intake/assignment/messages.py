"""The mail to whom a report was given for review: no names, a link."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.assignment.actions import MAIL
from wss_cases.intake.assignment.queries import assignee_of
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    waits = incident is not None and incident.state in UNDECIDED
    return (
        waits and assignee_of(message.object_id) == actor.user_id and can(actor, Permission.INCIDENT_REVIEW, incident)
    )


MESSAGES = (MessageKind(MAIL, "review_assigned", leads_to("/review/{id}"), _still_theirs),)
