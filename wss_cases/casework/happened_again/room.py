"""What this folder brings to the application."""

from wss_cases.casework.happened_again import messages, states, views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, messages=messages.MESSAGES)
