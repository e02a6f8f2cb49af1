"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.notes import messages, models, views

ROOM = Room(tables=(models,), pages=(views.blueprint,), messages=messages.MESSAGES)
