"""What this folder brings to the application."""

from wss_cases.incidents.incident import messages, queries, states
from wss_cases.journal.rooms import Room

ROOM = Room(
    sentences=states.SENTENCES,
    messages=messages.MESSAGES,
    loaders={"incident": queries.load_incident, "care_record": queries.load_care_record},
    recent_students=queries.recent_students,
)
