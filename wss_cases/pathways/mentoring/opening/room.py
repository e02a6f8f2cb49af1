"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.pathways.mentoring.opening import states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, panels=(Panel(Place.STUDENT, 40, views.panel),))
