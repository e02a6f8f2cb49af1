"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.mail.common import states

ROOM = Room(sentences=states.SENTENCES)
