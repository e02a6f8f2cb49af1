"""What the scheduler does with rosters once a minute, beside its tick."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import Tick
from wss_cases.roster.uploads.taking import take_uploads


def take_rosters(name: str, now: datetime) -> str:
    """Check and import the rosters that wait; returns words for the log, '' for none."""
    this = Tick(name, now)
    counts = this.part("rosters", lambda: take_uploads(now))
    db.session.remove()
    return ", ".join([*this.words, *(f"rosters {word} {number}" for word, number in (counts or {}).items() if number)])
