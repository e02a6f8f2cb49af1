"""What this folder brings to the application."""

from wss_cases.accounts.list_columns import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
