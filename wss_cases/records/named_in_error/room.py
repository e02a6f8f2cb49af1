"""What this folder brings to the application."""

from wss_cases.journal.rooms import DeputyLooks, Panel, Place, Room
from wss_cases.records.named_in_error import actions, messages, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"taking_out": queries.load_taking_out},
    deputy_looks={
        "taking_out": DeputyLooks(
            queries.for_deputy, actions.settle_for_deputy, queries.asked_everywhere, actions.asks, queries.reports_of
        )
    },
    panels=(Panel(Place.INCIDENT, 50, views.panel),),
)
