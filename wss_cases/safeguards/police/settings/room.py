"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.roster.networks import MOVED
from wss_cases.safeguards.police.settings import views
from wss_cases.safeguards.police.settings.actions import follow_school

ROOM = Room(pages=(views.blueprint,), reactions={MOVED: follow_school})
