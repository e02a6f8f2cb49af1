"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.setup.settings import views
from wss_cases.setup.settings.catalogue import ENTRIES
from wss_cases.setup.settings.states import CHANGED, HOURS_MOVED, WITHDRAWN, ZONE_MOVED

_WHAT = {"what": {entry.name: entry.title for entry in ENTRIES}}
ROOM = Room(
    pages=(views.blueprint,),
    sentences={
        "setting.changed": (CHANGED, _WHAT),
        "setting.withdrawn": (WITHDRAWN, _WHAT),
        "school.hours_moved": HOURS_MOVED,
        "school.zone_moved": ZONE_MOVED,
    },
)
