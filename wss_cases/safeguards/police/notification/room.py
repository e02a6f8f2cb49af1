"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.safeguards.duties.duty.actions import POLICE_CALLED
from wss_cases.safeguards.police.notification import views
from wss_cases.safeguards.police.notification.actions import count_call

ROOM = Room(pages=(views.blueprint,), reactions={POLICE_CALLED: count_call})
