"""Under the rights that `flask permissions database` prints the system works, and the audit log cannot be changed."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import date
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.applications import make_app, people_client
from tests.support.databases import DEMO_PASSWORD, Database, Databases, flask
from tests.support.depth import full_cross

pytestmark = pytest.mark.both_databases

WEB, SCHEDULER, READING = (f"{name}_{os.getpid()}" for name in ("wss web", "wss_scheduler", "wss_reading"))
"""One with a space: names are quoted. Roles belong to the server, which other processes of the run use too."""


def as_role(database: Database, role: str) -> str:
    """The address under which a part reaches the database."""
    return make_url(database.url).set(username=role).render_as_string(hide_password=False)


def connect(database: Database, role: str = "") -> psycopg.Connection[tuple[object, ...]]:
    """Talk to the database without the system, as its owner or as a role."""
    url = make_url(database.url)
    return psycopg.connect(
        host=url.host, port=url.port, user=role or url.username, dbname=url.database, autocommit=True
    )


@pytest.fixture
def roles(demo_database: Database) -> Database:
    """The demo district with a role for each part, each given what the command prints, twice."""
    if demo_database.kind == "postgresql":
        with connect(demo_database) as owner:
            for role, part in ((WEB, "web"), (SCHEDULER, "scheduler"), (READING, "reading")):
                owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
                owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
                printed = flask(demo_database.url, "permissions", "database", role, "--for", part)
                assert printed.returncode == 0, printed.stderr
                for _time in range(2):
                    owner.execute(printed.stdout.encode())
    return demo_database


def every_page(app: Flask, email: str, known: Collection[str] = ()) -> set[str]:
    """Open each address without an id as somebody of the demo, but for the `known` that somebody else has read under
    the same rights already, change something; return the addresses that had a page."""
    client = people_client(app)
    assert client.submit("/sign-in", {"email": email, "password": DEMO_PASSWORD}).status_code == 303
    assert client.submit("/account", {"locale": "es"}, holding="locale").status_code == 303
    opened = set()
    left_out = {"/metrics", "/readyz", *known}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule not in left_out:
            # not looked at as a page: that is done elsewhere
            answer = FlaskClient.open(client, rule.rule)
            assert answer.status_code < 500, (email, rule.rule, answer.get_data(as_text=True)[:300])
            if answer.status_code == 200:
                opened.add(rule.rule)
    return opened


def test_the_system_works_under_rights_that_change_no_audit_row(roles: Database, tmp_path: Path) -> None:
    if roles.kind == "sqlite":
        refused = flask(roles.url, "permissions", "database", WEB)
        wrong = flask(roles.url, "permissions", "database", WEB, "--for", "everything")
        assert wrong.returncode == 2 and "'web', 'scheduler', 'reading'" in wrong.stderr
        assert (refused.returncode, refused.stdout) == (1, "") and "SQLite has no roles" in refused.stderr
        return
    app = make_app(as_role(roles, WEB), tmp_path)
    opened = set[str]()
    for person in ("administrator", "sysadmin", "dean"):
        opened |= every_page(app, f"{person}@demo.example", () if full_cross() else opened)
        assert len(opened) > 10
    for command in (("reminders", "sweep"), ("reminders", "deliver"), ("audit", "seal"), ("audit", "verify")):
        done = flask(as_role(roles, SCHEDULER), *command, WSS_INSTANCE=str(tmp_path))
        assert done.returncode == 0, (command, done.stderr)
    with connect(roles, READING) as connection:
        assert connection.execute("SELECT count(*) FROM student").fetchone() != (0,)
    never: tuple[str, ...] = (
        "UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE",
        "UPDATE audit_seal SET hash = 'x'", "DELETE FROM audit_seal", "ALTER TABLE audit_entry DROP COLUMN changes",
        "DROP TABLE case_record CASCADE", "CREATE TABLE mine (id int)", "UPDATE alembic_version SET version_num = 'x'",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL", "CREATE ROLE another",
        "DELETE FROM wss_months.audit_entry_others", "DROP TABLE wss_months.audit_entry_others",
    )  # fmt: skip
    row = "INSERT INTO audit_entry ({}at, action, object_type, changes, request_id) VALUES ({}{}, 'x', 'x', '{{}}', '')"
    with connect(roles, WEB) as connection:
        connection.execute(row.format("", "", "'2031-05-07 00:00+00'").encode())
    month = "SELECT public.wss_next_audit_month()"
    with connect(roles, SCHEDULER) as connection:
        made = list(iter(lambda: connection.execute(month).fetchone(), (None,)))
        assert made[-1] == (date(2031, 5, 1),), "months that the owner has"
    for schema in ("wss_months", "wss_detached"):  # `pg_dump` locks and reads every table
        with connect(roles, READING) as connection:
            assert connection.execute(f"SELECT count(*) FROM {schema}.audit_entry_2031_05".encode()).fetchone() == (1,)
        if schema == "wss_months":
            with connect(roles) as owner:
                owner.execute("ALTER TABLE audit_entry DETACH PARTITION wss_months.audit_entry_2031_05")
                owner.execute("ALTER TABLE wss_months.audit_entry_2031_05 SET SCHEMA wss_detached")
    never += (row.format("id, ", "7, ", "now()"), "SELECT setval('audit_entry_id_seq', 1)")
    more = {
        WEB: (
            "INSERT INTO audit_seal SELECT * FROM audit_seal", month, "DELETE FROM standby_lapse",
            "INSERT INTO standby_lapse (since, names) VALUES (now(), '*')", "UPDATE standby_lapse SET names = '*'",
        ),
        SCHEDULER: (),
        READING: (
            "INSERT INTO counter VALUES ('x', 1)", "UPDATE student SET given_name = 'x'", "DELETE FROM student", month,
        ),
    }  # fmt: skip
    for role, own in more.items():
        with connect(roles, role) as connection:
            for statement in (*never, *own):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_a_backup_says_which_role_may_make_it(roles: Database, databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "copy.zip"
    if roles.kind == "sqlite":  # it has no roles: whoever may write the file may copy it
        done = flask(roles.url, "backup", "create", str(path), WSS_INSTANCE=str(tmp_path))
        assert (done.returncode, path.exists()) == (0, True), done.stderr
        return
    may_not = "The role in DATABASE_URL may not do this. Run it as"
    for role, acts in ((READING, 0), (WEB, 2)):
        done = flask(as_role(roles, role), "backup", "create", str(path), WSS_INSTANCE=str(tmp_path))
        assert (done.returncode, path.exists()) == (1, False)
        assert f"Refused: {may_not} the scheduler's role, or the owner of the schema.\n" in done.stderr
        with connect(roles) as owner:
            found = owner.execute("SELECT action FROM audit_entry WHERE action LIKE 'backup.%' ORDER BY id").fetchall()
        assert found == [("backup.created",), ("backup.failed",)][:acts]
    done = flask(as_role(roles, SCHEDULER), "backup", "create", str(path), WSS_INSTANCE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    there = databases.empty(roles.kind)
    done = flask(as_role(there, SCHEDULER), "backup", "restore", str(path), WSS_INSTANCE=str(tmp_path))
    assert done.returncode == 1
    assert f"Refused: {may_not} the owner of the schema.\n" in done.stderr
    databases.drop(there)
