"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.setup.test_letter import messages, views

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES)
