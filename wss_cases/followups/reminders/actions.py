"""The sweep of follow-ups: mails of their own, escalation, and what people who left had open.

It goes through the rows it has not seen as they are, in batches of one commit each. Rows that another sweep holds are
left to it, and every message has its own key: any number of sweeps may run at once, and one may end anywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from wss_cases.access.actor import SYSTEM
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.messages import (
    FOLLOW_UP_DUE,
    FOLLOW_UP_LATE,
    FOLLOW_UPS_GIVEN,
    due_key,
    given_key,
    late_key,
)
from wss_cases.followups.reminders.plan import Item, Plan, plan
from wss_cases.followups.reminders.queries import OPEN, all_unswept, items, next_unswept, superseded, unswept
from wss_cases.followups.reminders.recipients import Known
from wss_cases.followups.reminders.rules import UNDELIVERABLE
from wss_cases.foundation.db import among, table_of
from wss_cases.foundation.operations.failpoints import reach
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.school_time import local_date
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.mail.common.queries import Planned, queued_keys
from wss_cases.mail.delivery.pages import queue

BATCH = 500
Planning = tuple[Item, Plan]


def sweep_follow_ups(now: datetime, share: Share = WHOLE) -> int:
    """Queue what has come due of every follow-up the sweep has to look at; returns how many messages.

    Where the share of a tick is over, the next sweep goes on: what it saw is in the rows.
    """
    known, queued = Known(now), 0
    for ids in _chunks(superseded(now)):
        if not share.goes_on():
            return queued
        queued += _batch(known, ids)[0]
    while (ids := next_unswept(now, BATCH)) and share.goes_on():
        count, seen = _batch(known, ids, unswept(now))
        queued += count
        if not seen:
            break  # another sweep holds them
    return queued


def look_again(uow: UnitOfWork, *wanted: ColumnElement[bool]) -> None:
    """Let the next sweep look at every open follow-up that meets these conditions: what it asks has moved."""
    table = table_of(FollowUp)
    uow.session.execute(update(table).where(OPEN, *wanted).values(sweep_again_at=uow.now))


@dataclass(frozen=True)
class Outlook:
    """What `sweep_follow_ups` would do: how many messages it would queue, and to whom it would give what."""

    queued: int
    given: Mapping[Item, int]


def outlook(now: datetime) -> Outlook:
    """Return what `sweep_follow_ups` would do at this instant; writes nothing."""
    known, count = Known(now), 0
    given: dict[Item, int] = {}
    given_keys: set[str] = set()
    for ids in _chunks(sorted({*superseded(now), *all_unswept(now)})):
        plans = _plans(known, items(ids))
        given |= _reassigned(plans)
        keys = {message.dedupe_key for message in _messages(plans, now)} - given_keys
        new = keys - queued_keys(keys)
        # who is given several follow-ups is told once
        given_keys.update(key for key in new if key.startswith(FOLLOW_UPS_GIVEN))
        count += len(new)
    return Outlook(count, given)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _batch(known: Known, ids: Sequence[int], *wanted: ColumnElement[bool]) -> tuple[int, int]:
    """Sweep one batch in one commit; returns how many messages were queued, and of how many follow-ups."""
    with unit_of_work(SYSTEM, known.now) as uow:
        uow.no_audit()
        reach("sweep.before_claim")
        rows = items(ids, *wanted, lock=True)
        reach("sweep.after_claim")
        plans = _plans(known, rows)
        _reassign(uow, known, plans)
        queued = queue(uow, _messages(plans, known.now))
        _record_escalations(uow, known, plans, queued)
        _mark(uow, plans)
    reach("queue.after_commit")
    return len(queued), len(rows)


def _plans(known: Known, rows: Sequence[Item]) -> list[Planning]:
    known.learn(rows)
    return [(row, plan(row, known.facts(row), known.now)) for row in rows]


def _messages(plans: Sequence[Planning], now: datetime) -> list[Planned]:
    messages = []
    for item, reassignee_id in _reassigned(plans).items():
        key = given_key(reassignee_id, local_date(now, item.time_zone))
        messages.append(Planned(reassignee_id, FOLLOW_UPS_GIVEN, "user_account", reassignee_id, item.school_id, key))
    for item, planned in plans:
        for user_id in planned.remind:
            key = due_key(item.id, item.day, user_id)
            messages.append(Planned(user_id, FOLLOW_UP_DUE, "follow_up", item.id, item.school_id, key))
        for step in planned.escalations:
            for user_id in step.people:
                key = late_key(item.id, item.due_on, step.level, user_id)
                messages.append(Planned(user_id, FOLLOW_UP_LATE, "follow_up", item.id, item.school_id, key))
    return messages


def _reassigned(plans: Iterable[Planning]) -> dict[Item, int]:
    return {
        item: planned.owner_id
        for item, planned in plans
        if planned.owner_id is not None and planned.owner_id != item.owner_id
    }


def _reassign(uow: UnitOfWork, known: Known, plans: Sequence[Planning]) -> None:
    reassignees = {item.id: reassignee_id for item, reassignee_id in _reassigned(plans).items()}
    if not reassignees:
        return
    theirs = select(FollowUp).where(FollowUp.id.in_(sorted(reassignees))).order_by(FollowUp.id)
    for row in uow.session.scalars(theirs):
        reassignee_id = reassignees[row.id]
        row.owner_id, row.snoozed_until = reassignee_id, None
        uow.record(row, "followup.left", what=row.kind, owner=known.name_of(reassignee_id, row.school_id))
    uow.session.flush()


def _record_escalations(uow: UnitOfWork, known: Known, plans: Sequence[Planning], queued: set[str]) -> None:
    acts: dict[str, list[Act]] = {"followup.escalated": [], "followup.unreached": []}
    for item, planned in plans:
        for step in planned.escalations:
            names = [
                known.name_of(user_id, item.school_id)
                for user_id in step.people
                if late_key(item.id, item.due_on, step.level, user_id) in queued
            ]
            if names:
                data = {"what": item.kind, "late": str(known.late_of(step.level)), "to": ", ".join(names)}
                changes = {"late": [None, step.level]}
                kind = "followup.unreached" if step.level == UNDELIVERABLE else "followup.escalated"
                acts[kind].append(Act("follow_up", item.id, item.case_id, item.school_id, data, changes))
    for kind, entries in acts.items():
        uow.record_each(kind, entries)


def _mark(uow: UnitOfWork, plans: Iterable[Planning]) -> None:
    """Note which version was seen. An editor's form stays good: nothing they see has changed, nor has the version."""
    table = table_of(FollowUp)
    by_instant: dict[datetime, list[int]] = defaultdict(list)
    for item, planned in plans:
        by_instant[planned.again_at].append(item.id)
    for again_at, ids in by_instant.items():
        seen = {"swept_version": table.c.version, "swept_at": uow.now, "sweep_again_at": again_at}
        uow.session.execute(update(table).where(among(table.c.id, ids)).values(**seen))
