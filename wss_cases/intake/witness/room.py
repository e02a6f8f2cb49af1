"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.intake.witness import views
from wss_cases.journal.rooms import Room

ROOM = Room(
    pages=(views.blueprint,),
    sentences={
        "incident.account_added": _l("A second witness added it to the report of the same event"),
        "incident.second_account": _l("A second witness added what they saw"),
    },
)
