"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.roster.uploads import views

ROOM = Room(pages=(views.blueprint,))
