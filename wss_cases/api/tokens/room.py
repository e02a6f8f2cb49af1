"""What this folder brings to the application."""

from wss_cases.api.tokens import views
from wss_cases.api.tokens.actions import follow_network
from wss_cases.api.tokens.states import SENTENCES
from wss_cases.journal.rooms import Room
from wss_cases.roster.networks import RENAMED

ROOM = Room(pages=(views.blueprint,), sentences=SENTENCES, reactions={RENAMED: follow_network})
