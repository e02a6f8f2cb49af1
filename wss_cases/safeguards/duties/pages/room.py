"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.duties.pages import views

ROOM = Room(pages=(views.blueprint, views.own_duties, views.duty_raising))
