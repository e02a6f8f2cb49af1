"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.equity import queries, states

ROOM = Room(sentences=states.SENTENCES, smallest_groups=queries.minimums_of)
