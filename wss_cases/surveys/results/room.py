"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.surveys.results import models

ROOM = Room(tables=(models,))
