"""The sweep: queue what has come due by an instant, on any day. It holds no truth, and any number may run at once."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select

from wss_cases.casework.transfer.pages import notice_moves
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.reminders.sweep import FOLLOW_UP_DUE, FOLLOW_UP_LATE, outlook, sweep_follow_ups
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import local_date
from wss_cases.incidents.deputies import ask_deputies
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.invitations import former, withdraw_former
from wss_cases.pathways.circles.notes.pages import tell_of_leaving
from wss_cases.pathways.common.models import give_unowned
from wss_cases.pathways.reengagement.opening import open_returns
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.duties.clocks import clocks_would_queue, sweep_clocks
from wss_cases.safeguards.police.second_person import calls_would_queue, refuse_silence, sweep_calls
from wss_cases.workday.calendar.pages import settle_changes
from wss_cases.workday.digest.queries import DIGEST
from wss_cases.workday.digest.sweep import mornings_would_queue, sweep_mornings

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


def sweep(now: datetime, dry_run: bool = False, thorough: bool = True, share: Share = WHOLE) -> dict[str, int]:
    """Queue the mails that have come due; returns {"queued": how many this run queued}.

    What it finds to do besides comes last: support with housing that is nobody's, days that the calendar opened or
    closed, reviews that nobody answered, students of open cases who changed school, second persons and keepers who
    leave (in a thorough one), returns to be planned in the morning. Clocks of the law and calls to the police are swept
    whole; what else the share leaves, the next sweep takes. The next sweep queues what that makes due, so a dry run,
    which writes nothing, says the same number.
    """
    return {"queued": _would_queue(now) if dry_run else _sweep(now, thorough, share)}


def _sweep(now: datetime, thorough: bool, share: Share) -> int:
    queued = sweep_clocks(now) + sweep_calls(now) + sweep_follow_ups(now, share) + withdraw_former(now)
    of_mornings, claimed = sweep_mornings(now, share.anew())
    give_unowned(now)
    settle_changes(now, share.anew())
    refuse_silence(now, share.anew())
    if thorough:
        notice_moves(now)
        ask_deputies(now, share.anew())
        tell_of_leaving(now)
    schools: dict[date, list[int]] = defaultdict(list)
    for morning in claimed:
        schools[morning.day].append(morning.school_id)
    for day, school_ids in schools.items():
        open_returns(school_ids, day, now)
    return queued + of_mornings


def _would_queue(now: datetime) -> int:
    follow_ups = outlook(now)
    return (
        clocks_would_queue(now)
        + calls_would_queue(now)
        + len(former(now))
        + follow_ups.queued
        + mornings_would_queue(now, follow_ups.given)
    )
