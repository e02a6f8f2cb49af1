"""`flask backup`: every row comes back as it was, on either database; whatever is not whole is refused."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from tests.support.applications import make_app, people_client
from tests.support.databases import Database, Databases, flask
from tests.support.depth import BACKENDS, examples
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.word_index import ids_holding

pytestmark = pytest.mark.both_databases

CHANGED_BY_RESTORING = {"user_session", "delivery_pause", "audit_entry", "backup_run", "standby_lapse"}
"""The last two: that a command made a copy is kept once it is made; and the new database has no standby to miss."""


@pytest.fixture(scope="module")
def copied(backend: str, databases: Databases) -> Iterator[Database]:
    """A demo district with rows that are hard to carry over."""
    copy = databases.copy(databases.demo(backend))
    with create_engine(copy.url).begin() as connection:
        odd = ("'null'", '\'{"z": 1, "a": ["\\u00e9", 1.5]}\'')
        for number, value in enumerate(odd, 900_001):
            connection.exec_driver_sql(
                "INSERT INTO timeline_entry (id, at, actor_name, subject_type, subject_id, kind, data) VALUES"
                f" ({number}, '2026-03-08 08:30:00.000001+00:00', 'Nu\u0301n\u0303ez \U0001f468\u200d\U0001f469', 'x',"
                f" 1, 'x', {value})"
            )
        connection.exec_driver_sql(
            "INSERT INTO standby_lapse (since, names) VALUES ('2026-03-08 08:30:00+00:00', 'db2')"
        )
        # the first id was given and taken back: PostgreSQL never gives it again
        connection.exec_driver_sql("INSERT INTO request_key (user_id, key, at) VALUES (1, 'a', '2026-03-08 08:30:00')")
        connection.exec_driver_sql("DELETE FROM request_key WHERE key = 'a'")
    yield copy
    databases.drop(copy)


@pytest.fixture(scope="module")
def made(copied: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "whole.zip"
    done = flask(copied.url, "backup", "create", str(path))
    assert done.returncode == 0, done.stderr
    return path


def rows(database: Database) -> dict[str, list[str]]:
    """Every row of every table in this test's own words, alike on both databases; but for what SQLite's index of words
    is made of, which is made anew from the rows."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        tables = {name: table for name, table in metadata.tables.items() if not name.startswith("search_words")}
        found = {name: sorted(_rows(connection, name, table)) for name, table in tables.items()}
    engine.dispose()
    return found


def _rows(connection: Connection, name: str, table: Any) -> Iterator[str]:
    for row in connection.execute(table.select()).mappings():
        yield repr(sorted((key, _same(value)) for key, value in row.items()))


def _same(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, memoryview):
        return repr(bytes(value))
    return str(value).removesuffix("+00:00") if hasattr(value, "tzinfo") else str(value)


@pytest.mark.postgresql_too
@pytest.mark.parametrize("into", ("the other kind", "the same kind")[: examples(1, 2)])
def test_every_row_comes_back_mail_waits_and_nobody_is_signed_in(
    copied: Database, made: Path, into: str, backend: str, databases: Databases, tmp_path: Path
) -> None:
    """Takes some seconds: every row of a district is written out, read in, and compared. Into the other kind each
    database has written and read; into the same only the full cross."""
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert not list(made.parent.glob("*.part"))
    other = next(kind for kind in BACKENDS if kind != backend)
    there = databases.empty(backend if into == "the same kind" else other)
    done = flask(there.url, "backup", "restore", str(made))
    assert done.returncode == 0, done.stderr
    assert "the audit log reaches its head" in done.stdout
    was, now = rows(copied), rows(there)
    assert was.keys() == now.keys()
    assert [t for t in was if t not in CHANGED_BY_RESTORING and was[t] != now[t]] == []
    assert set(was["audit_entry"]) < set(now["audit_entry"])
    assert now["user_session"] == []
    assert len(now["delivery_pause"]) == 1
    assert "('until', 'None')" in was["standby_lapse"][0] and "('until', 'None')" not in now["standby_lapse"][0]
    _goes_on(there, backend, tmp_path)
    databases.drop(there)


def _goes_on(there: Database, backend: str, tmp_path: Path) -> None:
    """People can work on: the commands say so, foreign keys and triggers stand again, numbers go on."""
    app = make_app(there.url, tmp_path / "instance")
    runner = app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    assert runner.invoke(args=["db", "check"]).exit_code == 0
    assert "paused" in runner.invoke(args=["reminders", "deliver"]).stderr
    with app.app_context():
        dean = db.session.query(UserAccount).filter_by(email="dean@demo.example").one()
        assert people_client(app, dean).get("/incidents").status_code == 200
        held = ids_holding("incident_id", ["fight"], [1], select(Incident.id), Incident.number, 1000)
        assert held, "what was restored is found by its words"
        db.session.remove()
        for statement, words in STILL_REFUSED.items():
            with pytest.raises(DBAPIError, match=words), db.engine.begin() as connection:
                connection.execute(text(statement))
        new = "INSERT INTO request_key (user_id, key, at) VALUES (1, 'b', '2026-03-08 08:30:00') RETURNING id"
        with db.engine.begin() as connection:
            given = connection.execute(text(new)).scalar_one()
        db.engine.dispose()
    if there.kind == "postgresql":
        with create_engine(there.url).connect() as connection:
            lies = select(text("count(DISTINCT tableoid), count(DISTINCT date_trunc('month', at AT TIME ZONE 'UTC'))"))
            parts, months = connection.execute(lies.select_from(text("audit_entry"))).one()
            assert parts == months > 1, "each month of the log has its rows"
            passed = connection.scalar(text("SELECT pg_relation_size('wss_months.audit_entry_others')"))
            assert passed == 0, "and none of them came by way of the others, which each new month would read"
    if backend == there.kind == "postgresql":
        assert given == 2


STILL_REFUSED = {
    "UPDATE case_note SET author_id = 999999": r"(?i)foreign key",
    "DELETE FROM routing_rule_set": r"(?i)rule set|published",
}


def test_nothing_is_overwritten(copied: Database, made: Path) -> None:
    before = made.read_bytes()
    runner = make_app(copied.url, made.parent).test_cli_runner()
    again = runner.invoke(args=["backup", "create", str(made)])
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert made.read_bytes() == before
    onto = runner.invoke(args=["backup", "restore", str(made)])
    assert (onto.exit_code, "not empty" in onto.stderr) == (1, True)


Change = Callable[[dict[str, bytes]], None]


def _manifest(members: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(members["manifest.json"])
    change(document)
    members["manifest.json"] = json.dumps(document).encode()


def _a_letter(members: dict[str, bytes]) -> None:
    members["tables/student.jsonl"] = members["tables/student.jsonl"].replace(b'"', b"'", 1)


def _a_row(members: dict[str, bytes]) -> None:
    """One row is gone, and whoever took it made the member's own sum fit."""
    left = b"".join(members["tables/follow_up.jsonl"].splitlines(keepends=True)[1:])
    members["tables/follow_up.jsonl"] = left
    said = {"member": hashlib.sha256(left).hexdigest()}
    _manifest(members, lambda whole: whole["tables"]["follow_up"].update(said))


def _newer(members: dict[str, bytes]) -> None:
    _manifest(members, lambda said: said.update(revision="9999"))


def _no_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def _no_table(members: dict[str, bytes]) -> None:
    del members["tables/student.jsonl"]


BROKEN: dict[str, tuple[Change, str]] = {
    "a letter": (_a_letter, "the table student is not as it was written"),
    "a row": (_a_row, "The table follow_up came out otherwise than it was"),
    "newer": (_newer, "of a newer release"),
    "no manifest": (_no_manifest, "not a whole backup"),
    "no table": (_no_table, "not a whole backup"),
}


def test_what_is_not_whole_is_refused_and_leaves_no_child_behind(
    made: Path, backend: str, databases: Databases, tmp_path: Path
) -> None:
    with zipfile.ZipFile(made) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    for name, (change, words) in BROKEN.items():
        members = dict(whole)
        change(members)
        path = tmp_path / "broken.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        _refused(databases, backend, path, words, name)
    path.write_bytes(made.read_bytes()[: made.stat().st_size // 2])
    _refused(databases, backend, path, "not a whole backup", "cut off")


def _refused(databases: Databases, backend: str, path: Path, words: str, name: str) -> None:
    there = databases.empty(backend)
    app = make_app(there.url, path.parent)
    done = app.test_cli_runner().invoke(args=["backup", "restore", str(path)])
    assert done.exit_code == 1, name
    assert words in done.stderr, (name, done.stderr)
    with app.app_context():
        db.engine.dispose()
    engine = create_engine(there.url)
    with engine.connect() as connection:
        if "student" in inspect(connection).get_table_names():
            assert connection.execute(text("SELECT count(*) FROM student")).scalar_one() == 0, name
    engine.dispose()
    databases.drop(there)
