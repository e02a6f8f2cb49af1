"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.routing.sign_editor import views

ROOM = Room(pages=(views.blueprint,), sentences=views.SENTENCES)
