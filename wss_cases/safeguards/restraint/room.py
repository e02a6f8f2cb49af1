"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.restraint import models, queries, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"restraint_record": queries.load_restraint},
)
