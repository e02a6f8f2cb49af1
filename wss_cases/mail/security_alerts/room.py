"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.mail.security_alerts import messages

ROOM = Room(messages=messages.MESSAGES)
