"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.routing.sign_editor import pages

ROOM = Room(pages=(pages.blueprint,), sentences=pages.SENTENCES)
