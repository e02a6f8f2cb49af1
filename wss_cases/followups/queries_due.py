"""What the sweep reads: single mails that have come due, and whose follow-ups stand in a morning digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, literal, or_, select

from wss_cases.accounts.queries_cover import covers_at
from wss_cases.followups.models import FollowUp, FollowUpState
from wss_cases.followups.notices import dedupe_key
from wss_cases.followups.rules import single_mail_due
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.models import School
from wss_cases.roster.queries_days import half_day_bells


@dataclass(frozen=True)
class DueMail:
    """The single mail of one follow-up that has come due, to its owner or to whoever stands in for them.

    `queued`: it already is in the outbox.
    """

    follow_up_id: int
    owner_id: int
    school_id: int
    dedupe_key: str
    queued: bool


def due_mails(now: datetime) -> list[DueMail]:
    """Return the single mails that have come due by this instant, on whatever day, the oldest first.

    While somebody is away, whoever stands in for them is told as well.
    """
    key = literal("followup:") + cast(FollowUp.id, String) + literal(":") + cast(FollowUp.due_on, String)
    statement = (
        select(
            FollowUp.id,
            FollowUp.owner_id,
            FollowUp.school_id,
            FollowUp.due_on,
            FollowUp.same_day,
            FollowUp.created_at,
            School.time_zone,
            School.last_bell,
            OutboxMessage.id.label("message_id"),
        )
        .join(School, School.id == FollowUp.school_id)
        .outerjoin(OutboxMessage, OutboxMessage.dedupe_key == key)
        .where(
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.due_on <= now.date() + timedelta(days=1),
            FollowUp.owner_id.is_not(None),
            or_(FollowUp.single_mail, FollowUp.same_day),
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    rows = _come_due(db.session.execute(statement).all(), now)
    own = [
        DueMail(row.id, row.owner_id, row.school_id, dedupe_key(row.id, row.due_on.isoformat()),
                row.message_id is not None)
        for row in rows
    ]  # fmt: skip
    return [*own, *_to_covers(rows, now)]


def _come_due(rows: Sequence[Any], now: datetime) -> list[Any]:
    bells = half_day_bells({(row.school_id, row.due_on) for row in rows if row.same_day})

    def is_due(row: Any) -> bool:
        bell = bells.get((row.school_id, row.due_on), row.last_bell)
        return single_mail_due(row.due_on, row.same_day, row.created_at, now, row.time_zone, bell)

    return [row for row in rows if row.message_id is not None or is_due(row)]


def _to_covers(rows: Sequence[Any], now: datetime) -> list[DueMail]:
    days = {row.school_id: local_date(now, row.time_zone) for row in rows}
    if not days:
        return []
    covers = {
        (away, school_id): cover_id
        for day in set(days.values())
        for (away, school_id), cover_id in covers_at(days, day).items()
        if days[school_id] == day
    }
    found = [
        (row, cover_id) for row in rows if (cover_id := covers.get((row.owner_id, row.school_id))) is not None
    ]
    keys = [dedupe_key(row.id, row.due_on.isoformat(), cover_id) for row, cover_id in found]
    known = select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.in_(keys))
    queued = set(db.session.scalars(known)) if keys else set()
    return [
        DueMail(row.id, cover_id, row.school_id, key, key in queued)
        for (row, cover_id), key in zip(found, keys, strict=True)
    ]


def owners_due(school_ids: Sequence[int], until: date) -> list[tuple[int, int]]:
    """Return (owner, school) of everyone with an open follow-up due until a date at one of these schools."""
    statement = (
        select(FollowUp.owner_id, FollowUp.school_id)
        .where(
            FollowUp.school_id.in_(school_ids),
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.due_on <= until,
            FollowUp.owner_id.is_not(None),
        )
        .distinct()
    )
    return [(row[0], row[1]) for row in db.session.execute(statement) if row[0] is not None]
