"""When a backup is due, and when the last one is too old. Pure."""

import errno
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from wss_cases.foundation.backup.archive import BrokenBackup
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.setup.backups.models import BackupRun
from wss_cases.setup.backups.states import Outcome

AGAIN: Final = timedelta(hours=1)
"""How long after one that failed the next try begins."""
HELD: Final = timedelta(hours=3)
"""How long whoever makes one keeps others from it; a process that was killed holds it no longer."""
LATE: Final = timedelta(days=2)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS: Final = ("disk is full", "No space left")


def last_turn(now: datetime, hour: int, time_zone: str) -> datetime:
    """Return the last instant at which a clock in a zone showed an hour."""
    day = local_date(now, time_zone)
    turn = at_local(day, hour, 0, time_zone)
    return turn if turn <= now else at_local(day - timedelta(days=1), hour, 0, time_zone)


def is_due(tried: BackupRun | None, whole: BackupRun | None, turn: datetime, now: datetime) -> bool:
    """Whether one is to be begun: since the last turn there was no whole one, and nobody is at it or just was."""
    if whole is not None and whole.started_at >= turn:
        return False
    if tried is None or tried.outcome is Outcome.WHOLE:
        return True
    if tried.outcome is Outcome.RUNNING:
        return tried.held_until <= now
    return tried.started_at <= now - AGAIN


def is_late(good: BackupRun | None, now: datetime) -> bool:
    """Whether the last one that counts is two days old, or older."""
    return good is not None and good.started_at <= now - LATE


def why(error: Exception) -> Outcome:
    """Return what became of a backup that ended with an error."""
    if isinstance(error, BrokenBackup):
        return Outcome.UNLIKE
    if isinstance(error, OSError):
        return Outcome.FULL if error.errno in _FULL else Outcome.FOLDER
    if isinstance(error, SQLAlchemyError):
        return Outcome.FULL if any(words in str(error) for words in _FULL_WORDS) else Outcome.DATABASE
    return Outcome.BROKEN
