"""Pure rules of accounts: how long a session lasts, and what a password must be."""

from datetime import datetime, timedelta

SESSION_ABSOLUTE = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)


def session_end(created_at: datetime, seen_at: datetime) -> datetime:
    """Return when a session ends if nothing more happens: idle limit, within the absolute one."""
    return min(created_at + SESSION_ABSOLUTE, seen_at + SESSION_IDLE)
