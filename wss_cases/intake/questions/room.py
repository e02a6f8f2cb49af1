"""What this folder brings to the application."""

from wss_cases.intake.questions import states, views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES)
