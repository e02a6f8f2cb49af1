"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.routing.rule_sets import queries

ROOM = Room(loaders={"routing_rule_set": queries.load_rule_set})
