"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.common import queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"pathway": queries.load_pathway},
    exemptions={"case_record": (queries.keeps_case,)},
)
