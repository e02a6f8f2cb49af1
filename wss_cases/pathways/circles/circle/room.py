"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle import states

ROOM = Room(sentences=states.SENTENCES)
