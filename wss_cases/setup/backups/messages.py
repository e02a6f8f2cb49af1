"""The email that there is no new backup: only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.setup.backups.actions import TROUBLE

_SAYS = leads_to(
    "/system",
    subject=_l("There is no new backup"),
    words=_l(
        "The backup of this system failed, or the last one is at least two days old. Work continues, but anything "
        "entered since then would be lost with the machine. The page says what went wrong; it tries again every hour."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(TROUBLE, "incident", _SAYS, _runs_it),)
