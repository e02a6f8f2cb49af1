"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.records.retention.core import states

ROOM = Room(sentences=states.SENTENCES)
