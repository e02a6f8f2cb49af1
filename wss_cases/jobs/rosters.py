"""The scheduler's part for rosters, once a minute beside its tick, and at night with an Ed-Fi ODS/API."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import Tick
from wss_cases.outcomes.edfi.pushing.pages import push_due
from wss_cases.roster.drops import take_drops
from wss_cases.roster.rest import pull_roster
from wss_cases.roster.staff_accounts.pages import keep_tallies
from wss_cases.roster.uploads.pages import take_uploads


def take_rosters(name: str, now: datetime) -> str:
    """Check and import uploaded rosters, those of the watched folder and the server, judge the staff of a large one,
    and send discipline to the ODS/API when due.

    Returns words for the log, '' for none.
    """
    this = Tick(name, now)
    parts = (
        ("rosters", this.part("rosters", lambda: take_uploads(now))),
        ("rosters", this.part("roster folder", lambda: take_drops(now))),
        ("rosters", this.part("roster server", lambda: pull_roster(now))),
        ("staff", this.part("staff of the roster", lambda: keep_tallies(now))),
        ("ed-fi", this.part("ed-fi", lambda: push_due(now))),
    )
    db.session.remove()
    counts = [(of, word, number) for of, part in parts for word, number in (part or {}).items() if number]
    return ", ".join([*this.words, *(f"{of} {word} {number}" for of, word, number in counts)])
