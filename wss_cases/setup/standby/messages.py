"""The email that the database's standby is missing: only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.setup.standby.actions import MISSING

_SAYS = leads_to(
    "/system",
    subject=_l("The database’s second machine does not answer"),
    words=_l(
        "What people save is kept on one machine only until the second one is back. Work continues, but if the first "
        "machine were lost too, what was entered since then would be lost. Bring the second machine back; saving then "
        "waits for it again by itself. The page shows since when it has been away."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(MISSING, "incident", _SAYS, _runs_it),)
