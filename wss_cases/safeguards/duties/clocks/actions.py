"""The sweep of legal duties: a clock in hours reminds before it ends, and escalates when it has run out.

Both at any hour of any day, each once. An editor's form stays good: nothing they see has changed, nor has the version.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, update

from wss_cases.access.actor import SYSTEM
from wss_cases.followups.reminders.queries import Known
from wss_cases.foundation.db import Base, table_of
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.mail.common.queries import Planned, queued_keys
from wss_cases.mail.delivery.pages import queue
from wss_cases.safeguards.duties.clocks.messages import DUTY_LATE, DUTY_SOON, clock_key
from wss_cases.safeguards.duties.clocks.queries import Clock, clocks, running
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.states import PERSONAL

BATCH = 200


def sweep_clocks(now: datetime) -> int:
    """Queue what the clocks of open duties ask for at this instant; returns how many messages."""
    known, queued = Known(now), 0
    after: int | None = 0 if clocks_would_queue(now) else None
    while after is not None:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            batch, after = clocks(known, and_(running(now), LegalDuty.id > after), BATCH, lock=True)
            keys = queue(uow, _messages(batch)) if batch else set()
            _record(uow, known, batch, keys)
            reminded = [clock.duty_id for clock in batch if clock.remind and not clock.reminded]
            late = [clock.duty_id for clock in batch if clock.late]
            mark_now(uow, LegalDuty, {"clock_reminded_at": reminded, "clock_escalated_at": late})
            queued += len(keys)
    return queued


def clocks_would_queue(now: datetime) -> int:
    """Return how many messages `sweep_clocks` would queue; writes nothing."""
    known, count = Known(now), 0
    after: int | None = 0
    while after is not None:
        batch, after = clocks(known, and_(running(now), LegalDuty.id > after), BATCH, lock=False)
        keys = {message.dedupe_key for message in _messages(batch)}
        count += len(keys - queued_keys(keys))
    return count


def _messages(batch: Iterable[Clock]) -> list[Planned]:
    return [
        Planned(
            user_id, kind, "legal_duty", clock.duty_id, clock.school_id,
            clock_key(kind, clock.duty_id, user_id), at_any_hour=True,
        )
        for clock in batch
        for kind, people in ((DUTY_SOON, {} if clock.reminded else clock.remind), (DUTY_LATE, clock.late))
        for user_id in people
    ]  # fmt: skip


def _record(uow: UnitOfWork, known: Known, batch: Iterable[Clock], queued: set[str]) -> None:
    acts = []
    for clock in batch:
        names = [
            known.name_of(user_id, clock.school_id)
            for user_id in clock.late
            if clock_key(DUTY_LATE, clock.duty_id, user_id) in queued
        ]
        if names:
            data = {} if clock.code in PERSONAL else {"code": clock.code, "to": ", ".join(names)}
            acts.append(Act("legal_duty", clock.duty_id, clock.case_id, clock.school_id, data, {}))
    uow.record_each("duty.escalated", acts)


def mark_now(uow: UnitOfWork, model: type[Base], ids_of: dict[str, list[int]]) -> None:
    """Write this instant into a column of these records, and leave their versions: no editor sees a change."""
    table = table_of(model)
    for column, ids in ids_of.items():
        if ids:
            uow.session.execute(update(table).where(table.c.id.in_(ids)).values({column: uow.now}))
