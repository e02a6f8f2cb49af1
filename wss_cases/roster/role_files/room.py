"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.roster.role_files import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.PEOPLE, 21, views.people_panel),))
