"""What this folder brings to the application."""

from wss_cases.intake.corrections.withdrawal import messages, states, views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, messages=messages.MESSAGES)
