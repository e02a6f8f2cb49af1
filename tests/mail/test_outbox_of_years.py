"""A mail about a record stays as long as its record, so nothing that is asked of the outbox may read all of it.

What that costs with the mails of eleven years: `python -m tests.bench.outbox`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from wss_cases.access.actor import SYSTEM
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.undo import remind_again
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.bounces import Report, Returned, take_bounce
from wss_cases.mail.common.rules import oldest_waiting, open_schools, queue_depth
from wss_cases.mail.delivery.queue import deliver
from wss_cases.mail.monitoring import overdue_since
from wss_cases.mail.push.sending import deliver_push
from wss_cases.records.retention.reach import Reach, Reader
from wss_cases.records.retention.schedule import clean
from wss_cases.setup.test_letter import last_letters

DUE = "ix_outbox_message_due"
SMALL = "ix_outbox_message_letters"
"""An index of a handful of rows may be read as a whole."""
LAST = "SELECT max(outbox_message.id)"
"""One row at the end of its key; of an empty table PostgreSQL may plan that as a reading of the whole key."""


def everything(now: datetime) -> None:
    """Ask what the scheduler, the pages of System and a deletion ask of the outbox."""
    deliver(now)
    deliver_push(now)
    clean(now)
    open_schools(now), oldest_waiting(), overdue_since(now), queue_depth(), last_letters()
    take_bounce(Report("never-sent@here", (Returned(("nobody@district.example",), "failed", "5.1.1"),)), now)
    Reader(db.session(), 1).told(Reach(gone={"incident": {1, 2}, "follow_up": {3}}))
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        remind_again(uow, FollowUp(id=7))


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_nothing_reads_the_mails_of_all_years(session: Any, at: Callable[..., datetime]) -> None:
    said: list[tuple[str, Any]] = []
    engine = session.get_bind().engine

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asks = statement.startswith(("SELECT", "UPDATE", "WITH")) and not statement.startswith(LAST)
        if "outbox_message" in statement and asks:
            said.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    everything(at("2026-11-24 10:00"))
    event.remove(engine, "before_cursor_execute", note)
    assert len({statement for statement, _values in said}) > 12
    # an empty table would be read as a whole; so only what no index finds is
    session.execute(text("SET LOCAL enable_seqscan = off"))
    for statement, values in said:
        [told] = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalars()
        plan = told if isinstance(told, list) else json.loads(told)
        for step in steps(plan[0]["Plan"]):
            of_mails = step.get("Relation Name") == "outbox_message"
            assert not (of_mails and step["Node Type"] == "Seq Scan"), statement
            index = step.get("Index Name", "")
            if "outbox_message" in index and index != SMALL:
                found = step.get("Index Cond", "")
                assert found, f"all of {index}: {statement}"
                if index == DUE:
                    assert "sent" not in found or "next_attempt_at" in found, f"all that was ever sent: {statement}"
