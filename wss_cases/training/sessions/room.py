"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.training.sessions import messages, states, views

ROOM = Room(pages=(views.blueprint,), sentences=states.SENTENCES, lists=views.LISTS, messages=messages.MESSAGES)
