"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.pathways.circles.notes import leaving, messages, views

ROOM = Room(
    pages=(views.blueprint,), messages=messages.MESSAGES, panels=(Panel(Place.PERSON, 10, leaving.before_a_role_ends),)
)
