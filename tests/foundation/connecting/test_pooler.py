"""Behind a PgBouncer in transaction mode everything works, reports change nothing, and no session keeps anything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.conftest import leave_out
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, make_calendar
from tests.outcomes.reports.test_core import PAGE
from tests.roster.oneroster.bundles import roster, user, write
from tests.support.applications import make_app, people_client
from tests.support.databases import Database, Databases
from tests.support.servers.pgbouncer import REPORTS, pooled, program
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_database, reports_reading
from wss_cases.foundation.database import erase_deleted
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

PEOPLE = 40
ROUNDS = 3
KEPT = (
    "SELECT (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
    " + (SELECT count(*) FROM pg_class WHERE relpersistence = 't') + (SELECT count(*) FROM pg_settings WHERE source ="
    " 'session' AND name IN ('jit', 'lock_timeout', 'default_transaction_read_only', 'work_mem', 'synchronous_commit',"
    " 'tcp_user_timeout'))"
)
"""How much a session holds that its next user would have to bear."""


@pytest.fixture
def app(database: Database, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The application behind a pooler, its reports too."""
    if program() is None:
        leave_out("PgBouncer is missing (apt install pgbouncer)")
    with pooled(databases.postgres().port, database.name) as url:
        made = make_app(url, tmp_path / "instance", REPORTS_DATABASE_URL=url + REPORTS)
        yield made
        with made.app_context():
            copy = reports_database()
            assert copy is not None
            copy.engine.dispose()
            db.session.remove()
            db.engine.dispose()


def test_pages_a_roster_reports_and_erasing_share_two_sessions(app: Flask, database: Database, tmp_path: Path) -> None:
    with app.app_context():
        today = local_date(clock.now(), DEFAULT_ZONE)
        make_calendar(today.replace(day=1), today)
        people = [make_user(Role.ADMINISTRATOR, SchoolFactory()) for _person in range(3)]
        db.session.commit()
        db.session.remove()
    bundle = str(write(tmp_path / "roster", roster([user(number) for number in range(PEOPLE)])))
    with ThreadPoolExecutor(len(people) + 2) as at_once:
        pages = [at_once.submit(_work, app, person) for person in people]
        others = [at_once.submit(_command, app, "import", "oneroster", bundle), at_once.submit(_erase, app)]
        for one in (*pages, *others):
            one.result()
    with app.app_context():
        counted = "SELECT count(*) FROM student WHERE source <> ''"
        assert db.session.scalar(text(counted)) == PEOPLE
        _changes_nothing()
        assert erase_deleted(["saved_view"])
        db.session.remove()
        assert db.session.scalar(text("SHOW jit")) == "off"
        copy = reports_database()
        assert copy is not None
        copy.away_until = time.monotonic() + 60
    assert people_client(app, people[0]).get(PAGE).status_code == 200, "figures of the main database, behind it too"
    _keeps_nothing(app)


def _work(app: Flask, person: Any) -> None:
    client = people_client(app, person)
    for number in range(ROUNDS):
        assert client.get("/my-day").status_code == 200
        assert client.get(PAGE).status_code == 200
        saved = client.submit("/outcomes/views/new?place=hallway", {"name": f"Hallway {number}"})
        assert saved.status_code == 303


def _command(app: Flask, *arguments: str) -> None:
    with app.app_context():
        done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, (done.output, done.exception)


def _erase(app: Flask) -> None:
    with app.app_context():
        erase_deleted(["saved_view"])


def _changes_nothing() -> None:
    with reports_reading():
        assert db.session.scalar(text("SHOW transaction_read_only")) == "on"
        with pytest.raises(DBAPIError, match="read-only"):
            db.session.execute(text("UPDATE school SET name = 'Elsewhere'"))


def _keeps_nothing(app: Flask) -> None:
    """Look at each of the sessions that all have shared, as whoever is given it next."""
    with app.app_context():
        url = db.engine.url
    engine = create_engine(url, connect_args={"prepare_threshold": None})
    with engine.connect() as one, engine.connect() as other:
        assert [seen.scalar(text(KEPT)) for seen in (one, other)] == [0, 0]
    engine.dispose()
