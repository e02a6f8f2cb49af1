"""Any number of sweeps at once leave what one leaves, each thing once; a dry run says the number and writes nothing."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.followups.reminders.making import make_place
from tests.mail.delivery.test_revocation import MORNING, NIGHT, cases
from tests.support.applications import make_app
from tests.support.databases import Database, Databases
from wss_cases.foundation.db import Base, db
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.workday.sweep import sweep

SWEEPERS = 4


def fill(app: Flask) -> None:
    """Put something of everything that a sweep queues into the database, and what has left its owner."""
    with app.app_context():
        for _name, make, _way in list(cases())[::5]:
            make(make_place())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def left(app: Flask) -> dict[str, Counter[Any]]:
    """What stands in the outbox, the timeline and the audit of a swept database."""
    with app.app_context():
        told = select(TimelineEntry.kind, TimelineEntry.subject_id).where(TimelineEntry.actor_id.is_(None))
        noted = select(AuditEntry.action, AuditEntry.object_id).where(AuditEntry.actor_id.is_(None))
        return {
            "keys": Counter(db.session.scalars(select(OutboxMessage.dedupe_key))),
            "told": Counter(tuple(row) for row in db.session.execute(told)),
            "noted": Counter(tuple(row) for row in db.session.execute(noted) if row[0] != "reminders.queued"),
        }


def rows(app: Flask) -> dict[str, int]:
    with app.app_context():
        tables = Base.metadata.sorted_tables
        return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.mark.both_databases
def test_four_at_once_leave_what_one_leaves(database: Database, databases: Databases, tmp_path: Path) -> None:
    alone = make_app(database.url, tmp_path)
    fill(alone)
    copy = databases.copy(database)
    together = make_app(copy.url, tmp_path)
    before = rows(alone)
    with alone.app_context():
        said = [sweep(instant, dry_run=True)["queued"] for instant in (NIGHT, MORNING)]
    assert rows(alone) == before
    with alone.app_context():
        one = [sweep(instant)["queued"] for instant in (NIGHT, MORNING)]
    assert said[0] == one[0] > 40
    counts: list[int] = []

    def work(instant: Any) -> None:
        with together.app_context():
            counts.append(sweep(instant)["queued"])

    for instant, expected in zip((NIGHT, MORNING), one, strict=True):
        counts.clear()
        threads = [threading.Thread(target=work, args=(instant,)) for _ in range(SWEEPERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with together.app_context():
            counts.append(sweep(instant)["queued"])  # what a row held by another was left for
        assert sum(counts) == expected
    assert left(together) == left(alone)
    assert set(left(alone)["keys"].values()) == {1}
    assert {kind for kind, _subject in left(alone)["told"]} >= {
        "followup.escalated", "followup.left", "duty.escalated", "referral.late",
    }  # fmt: skip
    databases.drop(copy)
