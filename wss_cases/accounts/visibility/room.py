"""What this folder brings to the application."""

from wss_cases.accounts.visibility import models, views
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), pages=(views.blueprint,))
