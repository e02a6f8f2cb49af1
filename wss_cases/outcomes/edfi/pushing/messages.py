"""The email that a nightly push did not succeed: no name, no record, only where to look."""

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.outcomes.edfi.pushing.telling import FAILED

_SAYS = leads_to(
    "/system/imports/{id}",
    subject=_l("Ed-Fi: not everything was sent"),
    words=_l(
        "Last night discipline records could not be sent to the Ed-Fi server, or it did not take all of them. The page "
        "says what is missing and why. It is sent again automatically; what the server refuses has to be corrected."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(FAILED, "incident", _SAYS, _runs_it),)
