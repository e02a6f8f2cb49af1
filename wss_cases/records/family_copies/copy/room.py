"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.records.family_copies.copy import models, queries, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES, loaders={"family_release": queries.load_release})
