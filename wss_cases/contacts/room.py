"""What this room brings to the application."""

from wss_cases.contacts import models, states, views
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), pages=(views.blueprint,), sentences=states.SENTENCES)
