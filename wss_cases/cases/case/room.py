"""What this folder brings to the application."""

from wss_cases.cases.case import queries, states
from wss_cases.journal.rooms import Room

ROOM = Room(
    sentences=states.SENTENCES,
    loaders={"case_record": queries.load_case},
    exemptions={"incident": (queries.keeps_report,)},
)
