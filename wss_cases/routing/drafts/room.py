"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.routing.drafts import messages, views

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES)
