"""What this folder brings to the application."""

from wss_cases.journal.rooms import DeputyLooks, Room
from wss_cases.records.family_copies.release import deputies, messages, views

ROOM = Room(
    pages=(views.blueprint,),
    messages=messages.MESSAGES,
    deputy_looks={
        "family_release": DeputyLooks(
            deputies.for_deputy, deputies.settle, deputies.waiting, deputies.asks, deputies.reports_of
        )
    },
)
