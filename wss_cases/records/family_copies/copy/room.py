"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.records.family_copies.copy import queries, states

ROOM = Room(sentences=states.SENTENCES, loaders={"family_release": queries.load_release})
