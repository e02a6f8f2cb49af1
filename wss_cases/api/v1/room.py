"""What this folder brings to the application."""

from wss_cases.api.v1 import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
