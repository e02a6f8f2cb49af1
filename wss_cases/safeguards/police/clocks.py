"""The sweep of police-notification reviews: silence refuses, and the hour to record a call reminds, then escalates.

Both at any hour of any day, each once, however many sweeps run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import Act, unit_of_work
from wss_cases.mail.common.rules import Planned, queued_keys
from wss_cases.mail.delivery.queue import queue
from wss_cases.safeguards.duties.clocks import mark_now
from wss_cases.safeguards.police.review.actions import record_due, reminds_at
from wss_cases.safeguards.police.review.deciding import end
from wss_cases.safeguards.police.review.messages import CALL_LATE, CALL_SOON
from wss_cases.safeguards.police.review.models import WAITING, PoliceReview, ReviewState
from wss_cases.safeguards.police.review.queries import silent
from wss_cases.safeguards.police.second_review import escalate_second_reviews
from wss_cases.safeguards.police.seconding import settle_seconding

BATCH = 200


def refuse_silence(now: datetime, share: Share = WHOLE) -> int:
    """Refuse what nobody answered in time, and open what a law requires and nobody seconded; ask the network to review
    what no one of the school did. Returns how many reviews were refused. What a law requires comes first, and whole."""
    settle_seconding(now)
    escalate_second_reviews(now)
    refused = 0
    while (review_ids := silent(now, BATCH)) and share.goes_on():
        refused += sum(_refuse(review_id, now) for review_id in review_ids)
    return refused


def _refuse(review_id: int, now: datetime) -> bool:
    with unit_of_work(SYSTEM, now) as uow:
        review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER)
        waits = review.state in WAITING and review.answer_by is not None and review.answer_by <= now
        if waits:
            end(uow, review, ReviewState.REFUSED, "police.silence")
        else:
            uow.no_audit()
        return waits


@dataclass(frozen=True)
class Call:
    """A call to the police that waits to be recorded: whom its clock reminds, and whom it reaches when it ran out."""

    review_id: int
    school_id: int
    over: bool
    remind: Sequence[tuple[int, str]]
    late: Sequence[tuple[int, str]]


def sweep_calls(now: datetime) -> int:
    """Queue what the hours of calls ask for at this instant; returns how many messages."""
    if not calls_would_queue(now):
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        calls = _calls(now, lock=True)
        queued = queue(uow, _messages(calls)) if calls else set()
        uow.no_audit()
        uow.record_each(
            "police.late",
            [
                Act("police_review", call.review_id, None, call.school_id,
                    {"to": ", ".join(name for _id, name in call.late)}, {})
                for call in calls
                if call.over
            ],
        )  # fmt: skip
        soon, over = ([call.review_id for call in calls if call.over is late] for late in (False, True))
        mark_now(uow, PoliceReview, {"clock_reminded_at": soon, "clock_late_at": over})
    return len(queued)


def calls_would_queue(now: datetime) -> int:
    """Return how many messages `sweep_calls` would queue; writes nothing."""
    keys = {message.dedupe_key for message in _messages(_calls(now, lock=False))}
    return len(keys - queued_keys(keys)) if keys else 0


def _calls(now: datetime, *, lock: bool) -> list[Call]:
    soon = now + (record_due(now) - reminds_at(record_due(now)))
    statement = (
        select(PoliceReview)
        .where(
            PoliceReview.state == ReviewState.CALLED,
            PoliceReview.clock_late_at.is_(None),
            PoliceReview.record_due_at <= soon,
        )
        .order_by(PoliceReview.id)
        .limit(BATCH)
    )
    if lock:
        statement = statement.with_for_update(skip_locked=True)
    return [call for review in db.session.scalars(statement) if (call := _call(review, now)) is not None]


def _call(review: PoliceReview, now: datetime) -> Call | None:
    over = review.record_due_at is not None and review.record_due_at <= now
    if not over and review.clock_reminded_at is not None:
        return None
    caller = [(review.requested_by_id, "")] if review.requested_by_id is not None else []
    today = today_at(review.school_id, now)
    late = holders(Role.ADMINISTRATOR, review.school_id, today) if over else []
    return Call(review.id, review.school_id, over, caller, late)


def _messages(calls: Sequence[Call]) -> list[Planned]:
    return [
        Planned(
            user_id, kind, "police_review", call.review_id, call.school_id,
            f"{kind}:{call.review_id}:{user_id}", at_any_hour=True,
        )
        for call in calls
        for kind, people in ((CALL_SOON, call.remind), (CALL_LATE, call.late))
        for user_id, _name in people
    ]  # fmt: skip
