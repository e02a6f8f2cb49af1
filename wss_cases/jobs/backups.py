"""The scheduler's part for backups, once a minute beside its tick."""

from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import Tick
from wss_cases.setup.backups import take_backup


def back_up(name: str, now: datetime) -> str:
    """Make the backup that is due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    counts = this.part("backup", lambda: take_backup(now))
    db.session.remove()
    return ", ".join([*this.words, *(f"backups {word} {number}" for word, number in (counts or {}).items())])
