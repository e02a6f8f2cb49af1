"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.roster.staff_accounts import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.PEOPLE, 20, views.people_panel),))
