"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.practice.requests import messages, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"circle_request": queries.load_request},
)
