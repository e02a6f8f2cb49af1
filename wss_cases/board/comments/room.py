"""What this folder brings to the application."""

from wss_cases.board.comments import models
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,))
