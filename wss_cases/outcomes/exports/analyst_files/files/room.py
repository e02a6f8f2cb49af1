"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.outcomes.exports.analyst_files.agreements.states import NAMED
from wss_cases.outcomes.exports.analyst_files.files import messages, models, views
from wss_cases.outcomes.exports.analyst_files.files.actions import hand_on
from wss_cases.outcomes.exports.analyst_files.files.states import SENTENCES

ROOM = Room(
    tables=(models,),
    pages=(views.blueprint,),
    sentences=SENTENCES,
    messages=messages.MESSAGES,
    reactions={NAMED: hand_on},
)
