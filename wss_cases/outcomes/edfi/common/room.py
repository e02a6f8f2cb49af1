"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.edfi.common import codes

ROOM = Room(sentences=codes.SENTENCES)
