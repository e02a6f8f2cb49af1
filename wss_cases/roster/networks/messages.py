"""The email that one's school is in another network."""

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.networks.actions import MOVED

_SAYS = leads_to(
    "/district/schools/{id}",
    subject=_l("Your school’s network was changed"),
    words=_l(
        "The district put your school into another network, or into none. People with a role in a network see its "
        "schools from now on, and second approvals are given by another person. If you did not expect this, ask the "
        "district."
    ),
)


def _administers(message: OutboxMessage, actor: Actor) -> bool:
    return message.object_id in actor.school_ids(Role.ADMINISTRATOR)


MESSAGES = (MessageKind(MOVED, "incident", _SAYS, _administers),)
