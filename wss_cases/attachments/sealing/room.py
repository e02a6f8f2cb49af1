"""What this folder brings to the application."""

from wss_cases.attachments.sealing import actions, messages, views
from wss_cases.incidents.incident.states import FACTS_SET
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES, reactions={FACTS_SET: actions.seal_where_sexual})
