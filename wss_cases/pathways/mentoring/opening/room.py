"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.pathways.mentoring.opening import models, states, views

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    panels=(Panel(Place.STUDENT, 40, views.panel),),
)
