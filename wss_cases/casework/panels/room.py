"""What this folder brings to the application."""

from wss_cases.casework.panels import incident, student
from wss_cases.journal.rooms import Panel, Place, Room

ROOM = Room(panels=(Panel(Place.STUDENT, 10, student.panel), Panel(Place.INCIDENT, 10, incident.panel)))
