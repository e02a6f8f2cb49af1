"""The email that there is no new backup: only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.setup.backups.actions import TROUBLE


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(TROUBLE, "backup_trouble", leads_to("/system"), _runs_it),)
