"""What this folder brings to the application."""

from wss_cases.intake.queue import views
from wss_cases.intake.queue.presenters import QUEUE
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,), lists=(QUEUE,))
