"""What this folder brings to the application."""

from wss_cases.casework.case_list.presenters import CASES
from wss_cases.journal.rooms import Room

ROOM = Room(lists=(CASES,))
