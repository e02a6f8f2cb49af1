"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.exports.export_log import messages

ROOM = Room(messages=messages.MESSAGES)
