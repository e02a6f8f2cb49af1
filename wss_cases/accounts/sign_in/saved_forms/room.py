"""What this folder brings to the application."""

from wss_cases.accounts.sign_in.saved_forms import models
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,))
