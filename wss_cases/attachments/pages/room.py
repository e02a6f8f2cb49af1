"""What this folder brings to the application."""

from wss_cases.attachments.pages import views
from wss_cases.journal.rooms import Panel, Place, Room

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.INCIDENT, 8, views.incident_panel),))
