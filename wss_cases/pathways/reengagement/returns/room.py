"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.pathways.reengagement.returns import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.STUDENT, 20, views.student_panel),))
