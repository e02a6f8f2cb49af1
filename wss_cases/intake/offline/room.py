"""What this folder brings to the application."""

from wss_cases.intake.offline import messages, presenters, views
from wss_cases.journal.rooms import Panel, Place, Room

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.INCIDENT, 3, presenters.panel),), messages=messages.MESSAGES)
