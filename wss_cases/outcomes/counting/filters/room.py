"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.counting.filters import models

ROOM = Room(tables=(models,))
