"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room
from wss_cases.roster.calendar.bells import views

ROOM = Room(
    pages=(views.blueprint,), sentences={"school.bells_saved": _l("The bell times from %(starts_on)s on were saved")}
)
