"""Reading what delivery remembers."""

from datetime import datetime

from sqlalchemy import func, select

from wss_cases.foundation.db import db
from wss_cases.notices.models import Heartbeat


def last_heartbeat() -> datetime | None:
    """Return when any scheduler last completed a tick; None when none ever did."""
    return db.session.execute(select(func.max(Heartbeat.at))).scalar_one_or_none()
