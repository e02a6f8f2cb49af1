"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.duties.duty import models, queries, states

ROOM = Room(tables=(models,), sentences=states.SENTENCES, loaders={"legal_duty": queries.load_duty})
