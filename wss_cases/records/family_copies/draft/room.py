"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.records.family_copies.draft import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.STUDENT, 50, views.student_panel),))
