"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.plans import models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"circle_plan": queries.load_circle_plan},
)
