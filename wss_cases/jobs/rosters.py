"""What the scheduler does with rosters once a minute, beside its tick."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import Tick
from wss_cases.roster.drops.taking import take_drops
from wss_cases.roster.rest.pulling import pull_roster
from wss_cases.roster.uploads.taking import take_uploads


def take_rosters(name: str, now: datetime) -> str:
    """Check and import the rosters that were uploaded, and take those of the watched folder and the server.

    Returns words for the log, '' for none.
    """
    this = Tick(name, now)
    parts = (
        this.part("rosters", lambda: take_uploads(now)),
        this.part("roster folder", lambda: take_drops(now)),
        this.part("roster server", lambda: pull_roster(now)),
    )
    db.session.remove()
    counts = [(word, number) for part in parts for word, number in (part or {}).items() if number]
    return ", ".join([*this.words, *(f"rosters {word} {number}" for word, number in counts)])
