"""What this room brings to the application."""

from wss_cases.contacts import models, queries, states, views
from wss_cases.journal.rooms import Room

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"threat_team": queries.load_team},
    lists=views.LISTS,
)
