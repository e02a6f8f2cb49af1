"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.police.review import messages, queries, states
from wss_cases.safeguards.police.review.pages import views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"police_review": queries.load_review},
)
