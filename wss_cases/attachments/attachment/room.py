"""What this folder brings to the application."""

from wss_cases.attachments.attachment import models, queries, states
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), sentences=states.SENTENCES, loaders={"attachment": queries.load_attachment})
