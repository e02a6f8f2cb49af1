"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.practice.log import queries, states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, loaders={"practice_entry": queries.load_entry})
