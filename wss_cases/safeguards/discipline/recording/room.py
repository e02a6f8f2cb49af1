"""What this folder brings to the application."""

from wss_cases.followups.core.states import CLOSED_BY_HAND
from wss_cases.journal.rooms import Room
from wss_cases.safeguards.discipline.recording import hand_off, views

ROOM = Room(pages=(views.blueprint,), reactions={CLOSED_BY_HAND: hand_off.close_for_all})
