"""Whoever makes a board report may die before or after any commit: the next makes it, and one mail tells of it."""

from __future__ import annotations

import signal
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, make_calendar
from tests.faults.processes.forked import Nursery
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Role
from wss_cases.board.report.queries import Every
from wss_cases.board.stored_reports import BoardReport, BoardSubscription
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.records.stored_pdfs import PdfState

pytestmark = pytest.mark.usefixtures("pango")
NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
KILLS = [f"unit.{when}_commit:kill:{nth}" for nth in range(1, 12) for when in ("before", "after")]


def subscribed() -> None:
    """Somebody is to be sent a report today."""
    make_calendar(date(2026, 8, 1), date(2027, 6, 30), closed=())
    school = SchoolFactory()
    user = make_user(Role.ADMINISTRATOR, school)
    db.session.add(
        BoardSubscription(
            user_id=user.id, school_id=school.id, scope=f"school:{school.id}", every=Every.MONTH,
            language="en", sent_for=date(2026, 11, 1), made_at=datetime(2026, 11, 3, tzinfo=UTC),
        )
    )  # fmt: skip
    db.session.commit()


def how_far() -> tuple[int, int, int]:
    """(reports asked for, reports ready, mails queued)."""
    ready = select(func.count()).where(BoardReport.state == PdfState.READY)
    mails = select(func.count()).where(OutboxMessage.kind == "board_report")
    found = (db.session.scalar(one) or 0 for one in (select(func.count(BoardReport.id)), ready, mails))
    asked, made, queued = found
    db.session.remove()
    return asked, made, queued


def test_a_report_is_made_and_sent_once_whatever_dies(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    with app.app_context():
        subscribed()
        db.session.remove()
    nursery, steps = Nursery(database, tmp_path), set()
    try:
        nursery.set_clock(NOW)
        for failpoint in KILLS:
            status = nursery.start("tick", failpoint=failpoint).wait()
            assert status in (0, -signal.SIGKILL)
            with app.app_context():
                steps.add(how_far())
            if status == 0:
                break
        nursery.start("tick").done()
        nursery.start("tick").done()
    finally:
        nursery.close()
    # dead before it was asked for, between asking and making, and after
    assert steps >= {(0, 0, 0), (1, 0, 0), (1, 1, 1)}
    with app.app_context():
        assert how_far() == (1, 1, 1)
        made = select(func.count()).where(AuditEntry.action == "board_report.made")
        assert db.session.scalar(made) == 1


def test_several_schedulers_at_once_make_and_send_it_once(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    with app.app_context():
        subscribed()
        db.session.remove()
    nursery = Nursery(database, tmp_path)
    try:
        nursery.set_clock(NOW)
        for one in [nursery.start("tick") for _number in range(3)]:
            one.done()
    finally:
        nursery.close()
    with app.app_context():
        assert how_far() == (1, 1, 1)
        acts = select(AuditEntry.action).where(AuditEntry.object_type == "board_report").order_by(AuditEntry.id)
        assert list(db.session.scalars(acts)) == ["board_report.asked", "board_report.made"]
