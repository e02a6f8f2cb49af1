"""The mails that a file for analysts waits to be released, and that it was decided: no figure, only where to look."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.outcomes.exports.analyst_files.files.actions import ANSWERED, ASKED
from wss_cases.outcomes.exports.analyst_files.files.queries import load_file
from wss_cases.outcomes.exports.analyst_files.files.states import FileState, Refusal


def _asked(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A file for analysts is waiting to be released"),
        "words": _("You are responsible for privacy. Please read what the file would say, and decide."),
        "href": link(f"/outcomes/analyst-files/{message.object_id}"),
    }


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_file(message.object_id)
    return row is not None and row.state is FileState.ASKED and can(actor, Permission.ANALYST_RELEASE, row)


def _answered(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    row = load_file(message.object_id)
    released = row is not None and row.state is FileState.RELEASED
    because = row.refused_because if row is not None else None
    reason = _("The page says why.") if because is Refusal.OTHER else because.label if because else ""
    refused = _("It was not released. %(reason)s", reason=reason) if reason else _("It was not released.")
    return {
        "subject": _("The file for analysts that you requested"),
        "words": _("It was released. Download it within seven days.") if released else refused,
        "href": link(f"/outcomes/analyst-files/{message.object_id}"),
    }


def _still_new(message: OutboxMessage, actor: Actor) -> bool:
    row = load_file(message.object_id)
    decided = row is not None and row.state in (FileState.RELEASED, FileState.REFUSED)
    return decided and can(actor, Permission.ANALYST_FILES, row)


MESSAGES = (MessageKind(ASKED, "incident", _asked, _waits), MessageKind(ANSWERED, "incident", _answered, _still_new))
