"""What this folder brings to the application."""

from wss_cases.incidents.incident.states import TEXT_ADDED
from wss_cases.intake.details import views
from wss_cases.intake.report.later_texts import read_added
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), reactions={TEXT_ADDED: read_added})
