"""What this folder brings to the application."""

from wss_cases.casework.case_page.acts import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
