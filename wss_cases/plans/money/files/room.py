"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.plans.money.files import queries, views

ROOM = Room(pages=(views.blueprint,), loaders={"money_file": queries.load_file})
