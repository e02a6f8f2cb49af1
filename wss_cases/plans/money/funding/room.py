"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.money.funding import queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"funding": queries.load_funding, "funding_change": queries.load_change},
    lists=views.LISTS,
)
