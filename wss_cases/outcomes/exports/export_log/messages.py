"""The email that someone downloaded a file: no figure, no name, only where to look."""

from wss_cases.access.actor import Actor
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.outcomes.exports.export_log.actions import NOTICE
from wss_cases.outcomes.exports.export_log.queries import load_export, may_know


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_export(message.object_id)
    return row is not None and row.user_id != actor.user_id and may_know(actor, row)


MESSAGES = (MessageKind(NOTICE, "export_made", lambda *_about: {"href": link("/outcomes/exports")}, _still_due),)
