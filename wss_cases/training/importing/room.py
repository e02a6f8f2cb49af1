"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.training.importing import models, views

ROOM = Room(tables=(models,), pages=(views.blueprint,))
