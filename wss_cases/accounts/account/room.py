"""What this folder brings to the application."""

from wss_cases.accounts.account import states
from wss_cases.journal.rooms import Room

ROOM = Room(sentences=states.SENTENCES)
