"""What this folder brings to the application."""

from wss_cases.incidents.additions import MERGED
from wss_cases.incidents.incident.states import TEXT_ADDED
from wss_cases.intake.open_questions import models
from wss_cases.intake.open_questions.actions import ask_again, join_facts
from wss_cases.journal.rooms import Room

ROOM = Room(sentences=models.SENTENCES, reactions={TEXT_ADDED: ask_again, MERGED: join_facts})
