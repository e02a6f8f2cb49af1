"""How much of what is due an earlier sweep queued: for whoever runs one by hand, not for the scheduler."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.reminders.pages import FOLLOW_UP_DUE, FOLLOW_UP_LATE
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import local_date
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School
from wss_cases.workday.digest.queries import DIGEST

TODAY = timedelta(days=2)
"""Within what time the digests of today were queued, wherever the school is."""


def queued_before(now: datetime) -> int:
    """Return how many mails about follow-ups that are still open, and digests of today, stand in the outbox."""
    own = (
        select(func.count())
        .select_from(OutboxMessage)
        .join(FollowUp, FollowUp.id == OutboxMessage.object_id)
        .where(OutboxMessage.object_type == FollowUp.__tablename__, FollowUp.state == FollowUpState.OPEN)
        .where(OutboxMessage.kind.in_([FOLLOW_UP_DUE, FOLLOW_UP_LATE]))
    )
    zones = db.session.scalars(select(School.time_zone).where(School.is_active).distinct())
    today = {local_date(now, zone).isoformat() for zone in zones}
    digests = select(func.count()).where(
        OutboxMessage.kind == DIGEST,
        OutboxMessage.object_type == "user_account",
        OutboxMessage.created_at > now - TODAY,
        or_(*[OutboxMessage.dedupe_key.endswith(f":{day}") for day in today]),
    )
    return (db.session.scalar(own) or 0) + (db.session.scalar(digests) or 0 if today else 0)
