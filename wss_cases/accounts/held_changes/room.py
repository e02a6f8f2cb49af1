"""What this folder brings to the application."""

from wss_cases.accounts.held_changes import models
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,))
