"""What this folder brings to the application."""

from wss_cases.intake.questions import models, states, views
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), pages=(views.blueprint,), sentences=states.SENTENCES)
