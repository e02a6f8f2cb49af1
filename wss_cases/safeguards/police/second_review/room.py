"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.police.second_review import views

ROOM = Room(pages=(views.blueprint,))
