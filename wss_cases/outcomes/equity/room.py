"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.equity import models, queries, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES, smallest_groups=queries.minimums_of)
