"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.plan.paper import views

ROOM = Room(pages=(views.blueprint,))
