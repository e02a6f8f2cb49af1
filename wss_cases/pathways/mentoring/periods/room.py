"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.periods import models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"period_teacher": queries.load_period_teacher},
)
