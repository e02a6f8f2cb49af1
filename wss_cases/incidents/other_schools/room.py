"""What this folder brings to the application."""

from wss_cases.incidents.other_schools import messages, states
from wss_cases.journal.rooms import Room

ROOM = Room(sentences=states.SENTENCES, messages=messages.MESSAGES)
