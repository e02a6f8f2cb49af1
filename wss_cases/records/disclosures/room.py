"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.records.disclosures import views

ROOM = Room(pages=(views.blueprint,), panels=(Panel(Place.STUDENT, 40, views.student_panel),))
