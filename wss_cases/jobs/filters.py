"""The scheduler's part for filtered district figures, every other second beside its tick."""

import threading
from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import AWAY, FIGURES_SECONDS, Tick
from wss_cases.outcomes.counting.filters import count_asked, waits

SECONDS = 2.0
"""A person waits for it."""
_COUNTING = threading.Lock()


def count_filters(name: str, now: datetime) -> str:
    """Make the counts that someone waits for, unless this process already does. Returns words for the log, '' for
    none."""
    if not _COUNTING.acquire(blocking=False):
        return ""
    this = Tick(name, now)
    try:
        if waits():
            this.part("filters", lambda: count_asked(now, FIGURES_SECONDS))
    except AWAY:
        pass  # the tick says so, once a minute
    finally:
        db.session.remove()
        _COUNTING.release()
    return ", ".join(this.words)
