"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.plan import models, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES)
