"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.mail.preferences import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.OWN_ACCOUNT, 20, views.panel),))
