"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.discipline.removals import queries, states

ROOM = Room(sentences=states.SENTENCES, loaders={"discipline_action": queries.load_action})
