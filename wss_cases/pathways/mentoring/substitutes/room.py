"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.substitutes import models, queries, states, views

ROOM = Room(
    tables=(models,), pages=(views.blueprint,), sentences=states.SENTENCES, loaders={"period_code": queries.load_code}
)
