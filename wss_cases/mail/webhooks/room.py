"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.mail.webhooks import messages, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"webhook": queries.load_webhook},
)
