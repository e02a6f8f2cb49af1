"""What this folder brings to the application."""

from wss_cases.journal.rooms import Room
from wss_cases.pathways.referrals.referral import messages, queries, states

ROOM = Room(sentences=states.SENTENCES, messages=messages.MESSAGES, loaders={"referral": queries.load_referral})
