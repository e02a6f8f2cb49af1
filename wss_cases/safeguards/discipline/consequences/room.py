"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.discipline.consequences import models, states, views

ROOM = Room(tables=(models,), pages=(views.blueprint,), sentences=states.SENTENCES)
