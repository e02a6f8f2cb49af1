"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.mail.delivery import bundles

ROOM = Room(messages=bundles.MESSAGES)
