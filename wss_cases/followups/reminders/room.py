"""What this folder brings to the application."""

from wss_cases.followups.reminders import messages
from wss_cases.journal.rooms import Room

ROOM = Room(messages=messages.MESSAGES)
