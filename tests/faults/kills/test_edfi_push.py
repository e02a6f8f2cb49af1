"""A push to an ODS/API may die before or after any commit: the next one finishes it, and each thing is there once."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.faults.processes.forked import Nursery
from tests.outcomes.edfi.ods import World, serving
from tests.outcomes.edfi.test_push import ALL, report
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import Disclosure, OutboxMessage
from wss_cases.outcomes.edfi.common import EdfiPushed
from wss_cases.outcomes.edfi.pushing import FAILED, KIND
from wss_cases.roster.directory.models import ImportRun

pytestmark = pytest.mark.any_database("the thread is the other system's server")
NIGHT = datetime(2026, 11, 24, 7, tzinfo=UTC)
BEFORE, AFTER = "unit.before_commit:kill", "unit.after_commit:kill"
KILLS = (f"{BEFORE}:1", f"{AFTER}:1", f"{BEFORE}:2", f"{AFTER}:2", f"{BEFORE}:2")
"""Around writing down the run, around remembering what was sent, and, once nothing is new, before ending the run."""


def settings(address: str) -> dict[str, str]:
    """Return what names a server, to which is sent in the first hours of the night."""
    return {
        "WSS_EDFI_URL": f"{address}/data/v3/", "WSS_EDFI_TOKEN_URL": f"{address}/oauth/token", "WSS_EDFI_KEY": "us",
        "WSS_EDFI_SECRET": "s", "WSS_EDFI_HOURS": "0-23",
        "WSS_EDFI_DISCLOSED": "State Board; 34 CFR 99.31(a)(3); Yearly collection",
    }  # fmt: skip


def test_each_thing_stands_there_once_whatever_dies(database: Database, tmp_path: Path) -> None:
    app, world = make_app(database.url, tmp_path), World()
    with app.app_context():
        school, boss_id = SchoolFactory(identifier="400001"), make_user(Role.SYSADMIN).id
        for _number in range(2):
            report(school)
        db.session.commit()
        db.session.remove()
    with serving(world) as address:
        nursery, steps = Nursery(database, tmp_path, **settings(address)), []
        try:
            for hour, failpoint in enumerate([*KILLS, ""]):
                nursery.set_clock(NIGHT.replace(hour=7 + 2 * hour))
                status = nursery.start("rosters", failpoint=failpoint).wait()
                assert status == (-signal.SIGKILL if failpoint else 0), (failpoint, nursery.words())
                with app.app_context():
                    runs = db.session.scalars(select(ImportRun.landed).where(ImportRun.kind == KIND)).all()
                    steps.append((len(runs), sum(runs), db.session.scalar(select(func.count(EdfiPushed.id)))))
                    db.session.remove()
                assert world.count() in (ALL, dict.fromkeys(ALL, 0))
        finally:
            nursery.close()
    # no trace; a run; all sent and not remembered; remembered; all unchanged and the run not ended; ended
    assert steps == [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 8), (4, 0, 8), (5, 1, 8)]
    assert world.count() == ALL
    with app.app_context():
        assert db.session.scalar(select(func.count(Disclosure.id))) == 4, "each student was told of once"
        told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == FAILED)
        assert db.session.scalars(told).all() == [boss_id], "once a day, though four runs died"
