"""What this folder brings to the application."""

from wss_cases.followups.core import queries, sentences
from wss_cases.journal.rooms import Room

ROOM = Room(
    sentences=sentences.SENTENCES,
    loaders={"follow_up": queries.load_follow_up},
    exemptions={"incident": (queries.keeps_report,), "case_record": (queries.keeps_case,)},
)
