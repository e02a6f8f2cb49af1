"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.plan.templates import queries, states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, loaders={"plan_template": queries.load_template})
