"""`flask backup take-over`: a district that began on SQLite goes on with PostgreSQL, row by row, or nothing is made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.backup.test_refusals import backup
from tests.cli.backup.test_round_trip import CHANGED_BY_RESTORING, rows
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.records.retention.canary import Planter
from tests.support.applications import make_app
from tests.support.databases import Database, Databases
from tests.support.depth import full_cross
from wss_cases.access.actor import Role
from wss_cases.cli.common import note
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.audit.actions import EVERY_ROW, seal

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

TOO_LONG = "x" * 5000


@pytest.fixture
def began(databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """A district on SQLite: a row of everything about a student; in the full cross the demo's."""
    copy = databases.copy(databases.demo("sqlite") if full_cross() else databases.template("sqlite"))
    app = make_app(copy.url, tmp_path / "old")
    with app.app_context():
        school = SchoolFactory(name="Willow Street")
        Planter("Nu\u0301n\u0303ez").everything(school=school.id, user_account=make_user(Role.ADMINISTRATOR, school).id)
        note(clock.now(), "backup.created", "database")
        seal(clock.now(), EVERY_ROW)
        db.session.remove()
        db.engine.dispose()
    yield copy
    databases.drop(copy)


def change(database: Database, *statements: str) -> None:
    """Write to the file beside the application."""
    with sqlite3.connect(database.name) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_row_that_does_not_fit_leaves_nothing_and_the_next_run_takes_all(
    began: Database, database: Database, tmp_path: Path
) -> None:
    change(began, f"UPDATE school SET name = '{TOO_LONG}' WHERE name = 'Willow Street'")
    refused = backup(database.url, tmp_path, "take-over", began.name)
    assert (refused.exit_code, TOO_LONG in refused.output + refused.stderr) == (1, False)
    assert "The table school has a row that this database does not take" in refused.stderr
    engine = create_engine(database.url)
    with engine.connect() as connection:
        tables = ("student", "school", "user_account", "audit_entry")
        assert [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables] == [0] * 4
    engine.dispose()
    change(began, f"UPDATE school SET name = 'Willow Street' WHERE name = '{TOO_LONG}'")
    before = rows(began)
    done = backup(database.url, tmp_path, "take-over", began.name)
    assert done.exit_code == 0, (done.stderr, done.exception)
    assert f"{sum(map(len, before.values())) - 1} rows of {began.name} are in" in done.stdout
    assert f"student: {len(before['student'])}\n" in done.stderr
    assert rows(began) == before
    now = rows(database)
    assert [table for table in before if table not in CHANGED_BY_RESTORING and before[table] != now[table]] == []
    assert (now["user_session"], len(now["delivery_pause"])) == ([], 1)
    _goes_on(database, tmp_path)
    again = backup(database.url, tmp_path, "take-over", began.name)
    assert (again.exit_code, "not empty" in again.stderr) == (1, True)


def _goes_on(there: Database, folder: Path) -> None:
    runner = make_app(there.url, folder / "instance").test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    with runner.app.app_context():
        db.session.remove()
        db.engine.dispose()
    engine = create_engine(there.url)
    with engine.begin() as connection:
        highest = connection.scalar(text("SELECT max(id) FROM timeline_entry"))
        new = "INSERT INTO timeline_entry (at, actor_name, subject_type, subject_id, kind, data)"
        given = connection.scalar(text(f"{new} VALUES (now(), 'x', 'x', 1, 'x', '{{}}') RETURNING id"))
        acts = connection.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'backup.taken_over'"))
    engine.dispose()
    assert (given, acts) == (highest + 1, 1)


def test_a_file_of_something_else_is_refused_and_left_alone(
    empty_database: Database, databases: Databases, tmp_path: Path
) -> None:
    words, other = tmp_path / "words.sqlite3", tmp_path / "other.sqlite3"
    words.write_text("no database")
    change(Database("sqlite", str(other), ""), "CREATE TABLE taken (id integer)")
    newer = databases.copy(databases.template("sqlite"))
    change(newer, "UPDATE alembic_version SET version_num = '9999'")
    for path in (words, other):
        before, mode = path.read_bytes(), path.stat().st_mode
        refused = backup(empty_database.url, tmp_path, "take-over", str(path))
        assert (refused.exit_code, "is not a SQLite database of this system" in refused.stderr) == (1, True)
        assert (path.read_bytes(), path.stat().st_mode) == (before, mode)
    refused = backup(empty_database.url, tmp_path, "take-over", newer.name)
    assert (refused.exit_code, "of a newer release" in refused.stderr) == (1, True)
    databases.drop(newer)
    assert rows(empty_database) == {}
