"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.roster.directory import states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES)
