"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.records.named_in_error import messages, models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"taking_out": queries.load_taking_out},
    panels=(Panel(Place.INCIDENT, 50, views.panel),),
)
