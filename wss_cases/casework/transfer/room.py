"""What this folder brings to the application."""

from wss_cases.casework.transfer import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
