"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.exports.analyst_files.agreements import models, views
from wss_cases.outcomes.exports.analyst_files.agreements.states import SENTENCES

ROOM = Room(tables=(models,), pages=(views.blueprint,), sentences=SENTENCES)
