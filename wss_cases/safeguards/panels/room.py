"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.safeguards.panels import discipline, duties

ROOM = Room(
    panels=(
        Panel(Place.STUDENT, 30, discipline.student_panel),
        Panel(Place.INCIDENT, 20, discipline.incident_panel),
        Panel(Place.INCIDENT, 30, duties.panel),
    )
)
