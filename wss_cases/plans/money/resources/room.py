"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.money.resources import models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"plan_resource": queries.load_resource, "resource_entry": queries.load_entry},
    lists=views.LISTS,
)
