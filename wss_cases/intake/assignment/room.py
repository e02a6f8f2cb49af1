"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.intake.assignment import messages, views
from wss_cases.journal.rooms import Room

ROOM = Room(
    pages=(views.blueprint,),
    messages=messages.MESSAGES,
    sentences={
        "review.assigned": _l("Assigned to %(who)s for review"),
        "review.unassigned": _l("No longer assigned to anyone"),
    },
)
