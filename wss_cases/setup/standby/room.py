"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.setup.standby import messages

ROOM = Room(messages=messages.MESSAGES)
