"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.records.family_copies.release import messages, views

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES)
