"""The emails that the database's standby is missing, or that no one sees it: only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.clock import now
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.monitoring import standing
from wss_cases.setup.standby.actions import MISSING, UNWATCHED

_SAYS = leads_to(
    "/system",
    subject=_l("The database’s second machine does not answer"),
    words=_l(
        "What people save is kept on one machine only until the second one is back. Work continues, but if the first "
        "machine were lost too, what was entered since then would be lost. Bring the second machine back; saving then "
        "waits for it again by itself. The page shows since when it has been away."
    ),
)


_UNSEEN = leads_to(
    "/system",
    subject=_l("No one is watching the database’s second machine"),
    words=_l(
        "Nothing is lost, and work continues. But if the second machine fails now, saving stops until someone steps "
        "in. The page says which scheduler does not see the machines, and why."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


def _still_unseen(message: OutboxMessage, actor: Actor) -> bool:
    return _runs_it(message, actor) and not standing(now()).is_watched


MESSAGES = (
    MessageKind(MISSING, "incident", _SAYS, _runs_it),
    MessageKind(UNWATCHED, "incident", _UNSEEN, _still_unseen),
)
