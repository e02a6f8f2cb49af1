"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.periods import queries, states, views

ROOM = Room(
    pages=(views.blueprint,), sentences=states.SENTENCES, loaders={"period_teacher": queries.load_period_teacher}
)
