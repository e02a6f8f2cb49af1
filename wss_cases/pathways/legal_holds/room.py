"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.legal_holds import queries

ROOM = Room(exemptions={"incident": (queries.keeps_report,), "case_record": (queries.keeps_case,)})
