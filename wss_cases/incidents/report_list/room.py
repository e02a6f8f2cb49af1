"""What this folder brings to the application; its page stands on the blueprint of `pages`."""

from wss_cases.incidents.report_list import views
from wss_cases.journal.rooms import Room

ROOM = Room(lists=views.LISTS)
