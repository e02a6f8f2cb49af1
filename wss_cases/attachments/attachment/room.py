"""What this folder brings to the application."""

from wss_cases.attachments.attachment import queries, states
from wss_cases.journal.rooms import Room

ROOM = Room(sentences=states.SENTENCES, loaders={"attachment": queries.load_attachment})
