"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.mail.bounces import views

ROOM = Room(
    pages=(views.blueprint,),
    panels=(Panel(Place.OWN_ACCOUNT, 10, views.own_panel), Panel(Place.PEOPLE, 10, views.people_panel)),
)
