"""A note of a wrong clock that cannot be read stops no sealing: it is passed over, said, and hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import select

from tests.journal.audit.months import NOW, command, keys, run, write
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import tick
from wss_cases.journal.audit.actions import last_seal, seal
from wss_cases.journal.audit.queries import verify
from wss_cases.journal.audit.rules import CLOCK, note_of_clock, runs_of
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common.pages import Heartbeat

pytestmark = pytest.mark.any_database("PostgreSQL keeps no value that cannot be read")
AHEAD, HOUR = NOW + timedelta(days=400), timedelta(hours=1)


@pytest.fixture
def noted(databases: Databases, tmp_path: Path) -> Iterator[int]:
    """A log that a wrong clock sealed and says so, with a note before that which cannot be read; gives its number."""
    copy = databases.copy(databases.template("sqlite"))
    with make_app(copy.url, tmp_path).app_context():
        with unit_of_work(SYSTEM, NOW) as uow:
            uow.audit(CLOCK, "audit_seal", None, {})
        seal(AHEAD)
        runs = runs_of((one.number, one.hash) for one in db.session.scalars(select(AuditSeal)))
        with unit_of_work(SYSTEM, NOW) as uow:
            uow.audit(CLOCK, "audit_seal", None, note_of_clock(runs, NOW, keys()))
        first = min(db.session.scalars(select(AuditEntry.id)))
        run("UPDATE audit_entry SET changes = 'no note' WHERE id = :first", first=first)
        db.session.commit()
        yield first
        db.session.remove()
        db.engine.dispose()
    databases.drop(copy)


def heart() -> Heartbeat:
    db.session.remove()
    return db.session.scalars(select(Heartbeat)).one()


def test_sealing_goes_on_by_what_can_be_read_and_the_scheduler_complains(noted: int) -> None:
    write(NOW, 1)
    words = tick("one", NOW + HOUR)
    head = last_seal(db.session)
    # by this clock, because the other note says that the one before was wrong
    assert head is not None and (head.number, head.sealed_at) == (3, NOW + HOUR)
    said = "sealing goes on; 1 unreadable notes of a wrong clock passed over, see flask audit verify"
    assert f"seal failed: {said}" in words
    assert (heart().failed_part, heart().failed_with, heart().failures) == ("seal", said, 1)
    broken = verify(NOW + HOUR).broken
    assert broken is not None and broken.entry == noted, "and the row is named"


def test_who_seals_by_hand_is_told(noted: int) -> None:
    done = command(current_app, "seal")
    assert (done.exit_code, done.stdout) == (0, "1 rows sealed.\n")
    assert "cannot be read of a wrong clock was passed over. Run: flask audit verify" in done.stderr


def test_one_that_is_mended_is_complained_of_no_more(noted: int) -> None:
    tick("one", NOW)
    run("UPDATE audit_entry SET changes = '{}' WHERE id = :noted", noted=noted)
    db.session.commit()
    write(NOW, 1)
    tick("one", NOW + HOUR)
    assert heart().failures == 0
    assert verify(NOW + HOUR).broken is None
