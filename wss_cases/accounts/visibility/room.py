"""What this folder brings to the application."""

from wss_cases.accounts.visibility import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
