"""Who releases a file for analysts, which months it may hold, and how long it can be downloaded. Pure."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.clock import school_year
from wss_cases.outcomes.exports.analyst_files.files.states import FileState

KEPT_READY: Final = timedelta(days=7)
"""How long a released file can be downloaded."""
MONTHS_BACK: Final = 36


def answers_for_privacy(actor: Actor, file: Any) -> bool:
    """The actor administers the whole district, and the file waits for them as responsible for privacy."""
    return actor.user_id is not None and actor.user_id == file.lead_id and actor.everywhere(Role.DISTRICT)


def months_over(today: date) -> list[date]:
    """Return the first day of each month that is over, the newest first."""
    months: list[date] = []
    first = today.replace(day=1)
    while len(months) < MONTHS_BACK:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months


def year_of(first: date, last: date) -> str | None:
    """Return the school year in which both days lie; None where they lie in two."""
    return school_year(first) if school_year(first) == school_year(last) else None


def same_months(file: Any, other: Any) -> bool:
    """Whether two files hold the very same days: neither can be subtracted from the other."""
    return (file.first_day, file.last_day) == (other.first_day, other.last_day)


def can_be_taken(file: Any, now: datetime) -> bool:
    """Whether a file was released and its time is not over."""
    released = file.state in (FileState.RELEASED, FileState.TAKEN)
    return released and file.expires_at is not None and now < file.expires_at
