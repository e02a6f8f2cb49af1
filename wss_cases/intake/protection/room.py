"""What this folder brings to the application."""

from wss_cases.incidents.incident.states import MOVED, ROUTED_AGAIN, ROUTED_FIRST
from wss_cases.intake.assignment.actions import REVIEWER_CHANGED
from wss_cases.intake.protection import actions
from wss_cases.journal.rooms import Room

ROOM = Room(
    reactions={
        ROUTED_FIRST: actions.protect_new,
        ROUTED_AGAIN: actions.protect,
        MOVED: actions.let_go_of_report,
        REVIEWER_CHANGED: actions.move_to_reviewer,
    }
)
