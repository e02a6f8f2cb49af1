"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.routing.replay import states

ROOM = Room(sentences=states.SENTENCES)
