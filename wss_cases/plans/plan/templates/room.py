"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.plan.templates import models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"plan_template": queries.load_template},
)
