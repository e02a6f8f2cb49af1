"""What this folder brings to the application; its pages of a report are brought by `intake/details`."""

from wss_cases.intake.report import concerns
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(concerns.blueprint,))
