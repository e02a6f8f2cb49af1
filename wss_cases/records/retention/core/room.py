"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.records.retention.core import models, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES)
