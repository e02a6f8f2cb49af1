"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.training.own import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.OWN_ACCOUNT, 15, views.panel),))
