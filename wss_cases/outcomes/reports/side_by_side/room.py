"""What this folder brings to the application; its pages stand on the blueprint of the core reports."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.reports.side_by_side import views

ROOM = Room(lists=views.LISTS)
