"""What this folder brings to the application."""

from wss_cases.followups.making import recorded
from wss_cases.journal.rooms import Room

ROOM = Room(
    reactions={"incident.guardian_contact": recorded.guardian_reached, "incident.merged": recorded.report_merged}
)
