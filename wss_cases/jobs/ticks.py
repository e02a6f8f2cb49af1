"""What the scheduler does once a minute."""

from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.casework.actions_sweep import sweep
from wss_cases.foundation.db import db
from wss_cases.notices.actions import beat, deliver
from wss_cases.pathways.circles.notes.actions_shred import shred

DELIVER_SECONDS = 45.0


def tick(name: str, now: datetime) -> str:
    """Sweep, shred, deliver, leave a heartbeat under the scheduler's name; returns a line for the log, '' for nothing.

    A database that is away is not the end: the next tick tries again.
    """
    try:
        swept = sweep(now)
        gone = shred(now)
        beat(name, now)
        sent = deliver(now, DELIVER_SECONDS)
    except (OperationalError, InterfaceError) as error:
        return f"the database did not answer ({type(error).__name__}); trying again at the next tick"
    finally:
        db.session.remove()
    if not swept["queued"] and not any(sent.values()) and not gone["shredded"]:
        return ""
    shredded = f", shredded {gone['shredded']}" if gone["shredded"] else ""
    return f"queued {swept['queued']}, sent {sent['sent']}, retry {sent['retry']}, failed {sent['failed']}{shredded}"
