"""What this folder brings to the application."""

from wss_cases.casework.access.one_case import messages, views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES)
