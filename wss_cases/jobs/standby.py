"""What the scheduler does about the database's standby every few seconds, in a thread of its own: a tick may be waiting
for the very standby that is missing."""

from collections.abc import Callable
from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.jobs.ticks import words_of
from wss_cases.setup.standby.watching import SeveralFirst, Watch

WATCH_SECONDS = 3.0


def watching() -> Callable[[str, datetime], str]:
    """Return what looks once, and remembers for the next time what it saw."""
    watch = Watch()

    def watch_standby(_name: str, now: datetime) -> str:
        try:
            return watch.look(setting("WATCH_DATABASE_URL"), now)
        except SeveralFirst as several:
            return str(several)
        except Exception as error:
            # the next look comes in seconds
            return f"standby not watched: {words_of(error)}"
        finally:
            db.session.remove()

    return watch_standby
