"""What this folder brings to the application."""

from wss_cases.accounts.account import models, states
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), sentences=states.SENTENCES)
