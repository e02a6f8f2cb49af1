"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.workday.caseload import views
from wss_cases.workday.caseload.presenters import CASELOAD

ROOM = Room(pages=(views.blueprint,), lists=(CASELOAD,))
