"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.mail.push import queries, views

ROOM = Room(
    pages=(views.blueprint,),
    panels=(Panel(Place.OWN_ACCOUNT, 30, views.panel),),
    loaders={"push_device": queries.load_device},
)
