"""The mails that a copy for a family waits to be released, and what the deputy said: no name, a link."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.records.family_copies.copy.queries import deputys_yes, load_release
from wss_cases.records.family_copies.copy.states import OPEN, ReleaseState
from wss_cases.records.family_copies.draft.actions import MAIL

ANSWERED = "family_copy.answered"


def _still_waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_release(message.object_id)
    waits = row is not None and row.state is ReleaseState.HANDED_ON
    return waits and can(actor, Permission.FAMILY_COPY_RELEASE, row)


def _answer(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    row = load_release(message.object_id)
    yes = row is not None and deputys_yes(row) is not None
    return {
        "subject": _("The network’s deputy answered about a copy for a family"),
        "words": _("The deputy agreed. Release it now, and record how it reaches the family.")
        if yes
        else _("The deputy did not agree. Review the copy again, and hand it over again."),
        "href": link(f"/family-copies/{message.object_id}"),
    }


def _still_open(message: OutboxMessage, actor: Actor) -> bool:
    row = load_release(message.object_id)
    return row is not None and row.state in OPEN and can(actor, Permission.FAMILY_COPY_PREPARE, row)


MESSAGES = (
    MessageKind(MAIL, "family_copy", leads_to("/family-copies/{id}"), _still_waits),
    MessageKind(ANSWERED, "incident", _answer, _still_open),
)
