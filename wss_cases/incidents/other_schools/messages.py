"""The mails to a school whose students had a part in what happened at another: a kind of thing and a link."""

from collections.abc import Callable
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _says(subject: Any, words: Any) -> Callable[[OutboxMessage, Actor], dict[str, Any]]:
    def context(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
        return {"subject": str(subject), "words": str(words), "href": link(f"/review/{message.object_id}")}

    return context


def _may_review(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.INCIDENT_REVIEW, load_incident(message.object_id))


PART = _says(
    _l("Another school reports a student of yours"),
    _l("Something happened at another school, and one of your students was involved. You decide about that part."),
)
CHANGED = _says(
    _l("What another school knows has changed"),
    _l("The other school in this report now says something different. Compare the two, and correct what is wrong."),
)
MESSAGES = (
    MessageKind("incident.part", "incident", PART, _may_review),
    MessageKind("incident.part_changed", "incident", CHANGED, _may_review),
)
