"""`flask backup` says why it made nothing, in words without a value of a row, and the audit log says it too."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from tests.support.applications import make_app
from tests.support.databases import Database, Databases
from tests.support.postgres import free_port
from wss_cases.foundation import operations
from wss_cases.foundation.db import db

pytestmark = pytest.mark.both_databases

AWAY = "Refused: The database cannot be reached.\n"
NOBODY = 987_654_321


def backup(url: str, folder: Path, *arguments: str, **settings: str) -> Result:
    """Run the command in this process."""
    app = make_app(url, folder / "instance", **settings)
    done = app.test_cli_runner().invoke(args=["backup", *arguments])
    with app.app_context():
        db.engine.dispose()
    return done


def acts(database: Database) -> list[str]:
    """What the audit log says of backups, oldest first."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        asked = "SELECT action FROM audit_entry WHERE action LIKE 'backup.%' ORDER BY id"
        found = list(connection.execute(text(asked)).scalars())
    engine.dispose()
    return found


def _taken(folder: Path) -> Path:
    (folder / "taken.zip").write_text("older")
    return folder / "taken.zip"


def _link_to_nothing(folder: Path) -> Path:
    (folder / "link.zip").symlink_to(folder / "nothing")
    return folder / "link.zip"


def _in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "copy.zip"


PLACES: tuple[tuple[Callable[[Path], Path], str], ...] = (
    (_taken, "is there already."),
    (_link_to_nothing, "is there already."),
    (_in_a_file, "cannot be written: Not a directory."),
    (lambda folder: folder / "nowhere" / "copy.zip", "cannot be written: No such file or directory."),
)


def test_a_copy_that_cannot_begin_leaves_no_row(database: Database, tmp_path: Path) -> None:
    for number, (place, words) in enumerate(PLACES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = place(folder)
        done = backup(database.url, tmp_path, "create", str(path))
        assert (done.exit_code, done.stderr) == (1, f"Refused: {path} {words}\n")
        assert not list(folder.glob("*.part"))
    assert acts(database) == []
    assert backup(database.url, tmp_path, "create", str(tmp_path / "copy.zip")).exit_code == 0
    assert acts(database) == ["backup.created"]


@pytest.fixture
def breaking() -> Iterator[dict[str, str]]:
    """The setting with which a command fails once its file is written, before it has its name."""
    yield {"WSS_FAILPOINT": "file.before_name:raise"}
    operations.configure("")


def test_a_copy_that_fails_later_is_said_to_have_failed(
    database: Database, tmp_path: Path, breaking: dict[str, str]
) -> None:
    done = backup(database.url, tmp_path, "create", str(tmp_path / "copy.zip"), **breaking)
    assert isinstance(done.exception, operations.FailpointReached)
    assert acts(database) == ["backup.created", "backup.failed"]
    assert not list(tmp_path.glob("copy.zip*"))


def test_a_file_that_comes_meanwhile_stays(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "copy.zip", os.link

    def late(source: Path, target: Path) -> None:
        if target == path:  # the application makes its keys by a link too
            target.write_text("somebody else's")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    done = backup(database.url, tmp_path, "create", str(path))
    assert done.stderr.endswith(f"Refused: {path} is there already.\n")
    assert path.read_text() == "somebody else's"
    assert acts(database) == ["backup.created", "backup.failed"]
    assert not list(tmp_path.glob("*.part"))


def write(database: Database, *statements: str) -> None:
    """Change a database without the system."""
    engine = create_engine(database.url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def copy(database: Database, tmp_path: Path) -> Path:
    """A backup of a new district with a school that is closed on one day."""
    write(database, SCHOOL, CLOSED)
    path = tmp_path / "copy.zip"
    assert backup(database.url, tmp_path, "create", str(path)).exit_code == 0
    return path


SCHOOL = (
    "INSERT INTO school (source, sourced_id, identifier, name, code, kind, is_charter, time_zone, first_bell,"
    " last_bell, is_active, version) VALUES ('manual', 'x', '', 'Somebody''s', 'SOM', '', false,"
    " 'America/Chicago', '08:00:00', '15:00:00', true, 1)"
)


CLOSED = (
    "INSERT INTO calendar_day (school_year, school_id, day, kind, label)"
    " SELECT '2026-27', id, '2027-03-02', 'closed', 'Somebody''s day' FROM school"
)


def _orphaned(path: Path) -> None:
    """Let the closed day be of a school that is not there, with sums that fit."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    about, name = manifest["tables"]["calendar_day"], "tables/calendar_day.jsonl"
    rows = [json.loads(line) for line in members[name].splitlines()]
    for row in rows:
        row[about["columns"].index("school_id")] = NOBODY
    lines = [
        json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n" for row in rows
    ]
    total = sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines) % 2**256
    members[name] = b"".join(lines)
    about |= {"sum": f"{total:064x}", "member": hashlib.sha256(members[name]).hexdigest()}
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def test_a_restore_says_which_rule_was_broken_and_no_value(
    copy: Path, backend: str, databases: Databases, tmp_path: Path
) -> None:
    _orphaned(copy)
    there = databases.empty(backend)
    done = backup(there.url, tmp_path, "restore", str(copy))
    named = {
        "sqlite": "IntegrityError, SQLITE_CONSTRAINT_FOREIGNKEY.\n",
        "postgresql": ("ForeignKeyViolation, 23503, rule fk_calendar_day_school_id, table calendar_day.\n"),
    }
    assert done.exit_code == 1
    assert done.stderr.endswith(f"Refused: The database does not take it: {named[backend]}")
    assert str(NOBODY) not in done.stderr and "Somebody" not in done.stderr
    databases.drop(there)


def test_a_database_that_is_away_is_told_as_that(copy: Path, backend: str, tmp_path: Path) -> None:
    away = {
        "sqlite": f"sqlite:///{tmp_path}/nowhere/at-all.sqlite3",
        "postgresql": f"postgresql://nobody@127.0.0.1:{free_port()}/none",
    }
    for arguments in (("create", str(tmp_path / "another.zip")), ("restore", str(copy))):
        done = backup(away[backend], tmp_path, *arguments)
        assert (done.exit_code, done.stderr.splitlines(keepends=True)[-1]) == (1, AWAY)
    assert not (tmp_path / "another.zip").exists()


def test_what_an_operator_can_act_on_is_said(
    copy: Path, database: Database, backend: str, databases: Databases, tmp_path: Path
) -> None:
    if backend == "sqlite":
        broken = tmp_path / "broken.sqlite3"
        broken.write_bytes(b"no database at all" * 1000)
        done = backup(f"sqlite:///{broken}", tmp_path, "restore", str(copy))
        assert "Refused: The database's file is damaged." in done.stderr
        return
    there = databases.empty(backend)
    for one, arguments in ((database, ("create", str(tmp_path / "another.zip"))), (there, ("restore", str(copy)))):
        write(one, f'ALTER DATABASE "{one.name}" SET default_transaction_read_only = on')
        done = backup(one.url, tmp_path, *arguments)
        assert "Refused: The database that DATABASE_URL leads to is only read." in done.stderr
    databases.drop(there)
