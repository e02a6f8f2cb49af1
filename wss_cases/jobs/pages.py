"""What this feature brings to the application."""

from wss_cases.jobs import scheduler
from wss_cases.journal.rooms import Room

ROOM = Room(commands=(scheduler.group,))
