"""What this folder brings to the application; its page stands on the blueprint of `follow_up`."""

from wss_cases.followups.pages.open_list import views
from wss_cases.journal.rooms import Room

ROOM = Room(lists=views.LISTS)
