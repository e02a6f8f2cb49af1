"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.questionnaires import models, states, views

ROOM = Room(tables=(models,), pages=(views.blueprint,), sentences=states.SENTENCES)
