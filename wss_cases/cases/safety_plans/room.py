"""What this folder brings to the application."""

from wss_cases.cases.safety_plans import queries
from wss_cases.journal.rooms import Room

ROOM = Room(loaders={"safety_plan": queries.load_plan})
