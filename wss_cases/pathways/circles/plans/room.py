"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.plans import queries, states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, loaders={"circle_plan": queries.load_circle_plan})
