"""What this folder brings to the application."""

from wss_cases.intake.corrections.facts import states, views
from wss_cases.journal.rooms import Panel, Place, Room

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, panels=(Panel(Place.INCIDENT, 40, views.panel),))
