"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room
from wss_cases.roster.networks import messages, views

ROOM = Room(
    pages=(views.blueprint,),
    messages=messages.MESSAGES,
    sentences={
        "network.made": _l("Network made"),
        "network.renamed": _l("Network %(before)s renamed to %(name)s"),
        "school.network_set": _l("Network changed: %(network)s"),
    },
)
