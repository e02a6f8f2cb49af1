"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.plan.core import queries, states

ROOM = Room(sentences=states.SENTENCES, loaders={"school_plan": queries.load_plan})
