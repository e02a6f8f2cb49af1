"""The email that an import was refused: no name, no row, only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.runs.actions import REFUSED


def _runs_it(message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(REFUSED, "roster_refused", leads_to("/system/imports/{id}"), _runs_it),)
