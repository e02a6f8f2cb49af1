"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.web.system import metrics, views

ROOM = Room(pages=(views.blueprint, metrics.blueprint))
