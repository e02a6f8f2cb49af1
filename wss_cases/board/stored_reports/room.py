"""What this folder brings to the application."""

from wss_cases.board.stored_reports import messages, views
from wss_cases.board.stored_reports.actions import follow_network
from wss_cases.journal.rooms import Room
from wss_cases.roster.networks import RENAMED

ROOM = Room(pages=(views.blueprint,), messages=messages.MESSAGES, reactions={RENAMED: follow_network})
