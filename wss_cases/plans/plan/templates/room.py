"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.plan.templates import models, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES)
