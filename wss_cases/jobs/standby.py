"""The scheduler's check of the database's standby every few seconds, in its own thread: a tick may be waiting for
the very standby that is missing."""

import time
from collections.abc import Callable
from datetime import datetime

from wss_cases.foundation.db import db
from wss_cases.foundation.settings import setting
from wss_cases.jobs.ticks import words_of
from wss_cases.setup import standby
from wss_cases.setup.standby import NoneFirst, NotWatched, Watch, end_lapse, note_look, open_lapse

WATCH_SECONDS = 3.0


def watching() -> Callable[[str, datetime], str]:
    """A function that checks once and remembers what it saw."""
    looks = _Looks()
    return looks.look


class _Looks:
    """One scheduler's checks: what the last one saw, since when none succeeded, and what was recorded."""

    def __init__(self) -> None:
        self._watch = Watch()
        self._well = time.monotonic()
        self._noted: tuple[str, float] | None = None

    def look(self, name: str, now: datetime) -> str:
        """Check once and record the result; a failure is recorded once it has lasted."""
        said, failed, is_sure = "", "", False
        try:
            said = self._watch.look(setting("WATCH_DATABASE_URL"), now)
            self._well = time.monotonic()
        except NotWatched as error:
            failed, is_sure = str(error), not isinstance(error, NoneFirst)
            said = failed if is_sure else ""
        except Exception as error:
            # the next check comes in seconds
            failed = said = f"standby not watched: {words_of(error)}"
        finally:
            db.session.remove()
        if failed and not is_sure and time.monotonic() - self._well < standby.UNSEEN:
            return said
        return self._note(name, now, failed) or said

    def _note(self, name: str, now: datetime, failed: str) -> str:
        """Record what is new, or was recorded a while ago; returns words for the log when that fails."""
        moment = time.monotonic()
        if self._noted is not None and self._noted[0] == failed and moment - self._noted[1] < standby.NOTE_EVERY:
            return ""
        try:
            note_look(name, now, failed)
        except Exception as error:
            # the next check tries again
            return f"{failed or 'standby watched'}; not written down: {words_of(error)}"
        finally:
            db.session.remove()
        self._noted = (failed, moment)
        return failed


def not_watching() -> Callable[[str, datetime], str]:
    """A function that ends a lapse once when no standby is configured any more."""
    is_done = False

    def end_lapse_left(_name: str, now: datetime) -> str:
        nonlocal is_done
        if is_done:
            return ""
        try:
            if open_lapse() is not None:
                end_lapse(now)
            is_done = True
            return ""
        except Exception as error:
            # the next attempt comes with the next tick
            return f"standby not watched: {words_of(error)}"
        finally:
            db.session.remove()

    return end_lapse_left
