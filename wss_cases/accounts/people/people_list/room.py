"""What this folder brings to the application; its page stands on the blueprint of `people`."""

from wss_cases.accounts.people.people_list import views
from wss_cases.journal.rooms import Room

ROOM = Room(lists=views.LISTS)
