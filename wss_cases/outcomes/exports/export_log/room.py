"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.exports.export_log import messages, models

ROOM = Room(tables=(models,), messages=messages.MESSAGES)
