"""What this folder brings to the application."""

from wss_cases.accounts.sealed_boxes import models
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,))
