"""What this folder brings to the application."""

from wss_cases.intake.other_schools import views
from wss_cases.journal.rooms import Panel, Place, Room

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.INCIDENT, 5, views.panel),))
