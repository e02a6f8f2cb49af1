"""`flask doctor`: all is well on a system that runs, and each thing that breaks it is named."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.support.applications import make_app
from tests.support.databases import ROOT, Database, Databases
from tests.support.databases import environment as surroundings
from tests.support.network import Guard
from tests.support.postgres import free_port
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM
from wss_cases.cli import doctor
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.pdf import printing as paper
from wss_cases.jobs.ticks import tick
from wss_cases.mail.monitoring import pause
from wss_cases.records.stored_pdfs import Why
from wss_cases.setup.checklist import CHECKS


@pytest.fixture
def running(demo_database: Database, tmp_path: Path, smtp_server: MailServer) -> Iterator[Flask]:
    """A demo district whose scheduler ran a moment ago."""
    app = make_app(demo_database.url, tmp_path, SMTP_URL=smtp_server.url, PUBLIC_URL="https://schools.example")
    with app.app_context():
        tick("test", clock.now())
        yield app
        db.session.remove()
        db.engine.dispose()


def found(app: Flask) -> dict[str, tuple[str, str]]:
    """What the doctor says of each thing, and that its exit status agrees."""
    db.session.remove()
    done = app.test_cli_runner().invoke(args=["doctor", "--json"])
    findings = json.loads(done.stdout)["findings"]
    assert done.exit_code == (1 if any(one["level"] == "bad" for one in findings) else 0)
    return {one["what"]: (one["level"], one["words"]) for one in findings}


@pytest.mark.both_databases
def test_a_system_that_runs_is_well(running: Flask) -> None:
    levels = {what: level for what, (level, _words) in found(running).items()}
    assert len(levels) == len(doctor.LOOKS) + 1 + len(CHECKS)
    # a year can be near its end, the machine may have no Pango, the demo has one system administrator and families of
    # more languages than texts; nobody named its district, took in a roster, backed up, said how long records stay
    # or turned on push messages; the clock of the run is not the one of the database
    assert {what for what, level in levels.items() if level != "ok"} <= {
        *("calendar", "PDFs", "accounts", "district", "roster", "retention", "family texts", "backups", "push", "clock")
    }
    words = running.test_cli_runner().invoke(args=["doctor"]).stdout
    assert "ok       scheduler: It is running and sweeping." in words


LEADING = "WHERE id IN (SELECT user_id FROM role_grant WHERE role = 'administrator')"
APPROVING = "WHERE id IN (SELECT approver_id FROM police_approver)"
CLOSED = (
    "INSERT INTO calendar_day (school_year, school_id, day, kind, label)"
    " VALUES ('2098-99', {school}, '2099-03-02', 'closed', '')"
)
STATEMENTS = (
    ("UPDATE outbox_message SET state = 'failed'", "queue", "warning", "failed for good"),
    (f"UPDATE user_account SET state = 'disabled' {LEADING}", "schools", "warning", "no one decides"),
    ("UPDATE user_account SET state = 'active'", "schools", "ok", "Every school"),
    (f"UPDATE user_account SET state = 'invited' {LEADING}", "schools", "warning", "no one decides"),
    ("DELETE FROM role_grant WHERE role = 'administrator'", "schools", "warning", "no one decides"),
    (f"UPDATE user_account SET state = 'disabled' {APPROVING}", "police reviews", "warning", "no response means no"),
    ("UPDATE user_account SET state = 'active'", "police reviews", "ok", "Every network"),
    ("DELETE FROM police_approver", "police reviews", "warning", "no response means no"),
    ("DELETE FROM calendar_day WHERE day >= '2026-12-01'", "calendar", "warning", "Import the next year"),
    ("DELETE FROM calendar_day", "calendar", "warning", "no school calendar yet"),
    (CLOSED.format(school="(SELECT min(id) FROM school)"), "calendar", "warning", "no school calendar yet"),
    (CLOSED.format(school="NULL"), "calendar", "ok", "reaches beyond"),
    ("DELETE FROM heartbeat", "scheduler", "bad", "never started"),
    ("UPDATE alembic_version SET version_num = '0001'", "database", "bad", "flask db upgrade"),
)  # fmt: skip


@pytest.mark.both_databases
def test_what_the_rows_say_is_named(running: Flask) -> None:
    for statement, what, level, words in STATEMENTS:
        with db.engine.begin() as connection:
            connection.execute(text(statement))
        said = found(running)[what]
        assert said[0] == level, statement
        assert words in said[1]


def test_where_there_is_nothing_nothing_is_ok(database: Database, tmp_path: Path) -> None:
    """No school and no account: every school had an administrator, and every network an approver."""
    app = make_app(database.url, tmp_path)
    with app.app_context():
        said = found(app)
        assert said["accounts"] == ("bad", "No one can give roles: no system administrator is active.")
        assert said["schools"][0] == said["police reviews"][0] == said["calendar"][0] == "warning"
        assert [check.key for check in CHECKS if said[check.key][0] == "ok"] == []
        db.engine.dispose()


def test_a_silent_scheduler_and_a_pause_are_named(running: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    pause(SYSTEM, "A restored backup.", clock.now())
    later = clock.now() + timedelta(minutes=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    said = found(running)
    assert said["scheduler"] == ("bad", "None was seen for five minutes. Run: flask scheduler run")
    assert said["queue"][0] == "warning"
    assert said["clock"][0] == "warning"


def doctor_on(url: str, **environment: str) -> dict[str, dict[str, str]]:
    """The same in a process that begins anew, where the machine's own libraries are looked for."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "doctor", "--json"],
        env=surroundings(url, **environment), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {one["what"]: one for one in json.loads(done.stdout)["findings"]}


@pytest.mark.full_cross_only("tests/board/test_pdf.py")
@pytest.mark.usefixtures("pango")
def test_a_machine_without_pango_is_named_as_the_deployment_page_names_it(
    demo_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("libpangoft2-1.0.so.0", "libpango-1.0.so.0"):
        # the loader takes the first of this name, which is none
        broken = tmp_path / library
        broken.write_text("not a library")
        found = doctor_on(demo_database.url, LD_LIBRARY_PATH=str(tmp_path))["PDFs"]
        assert found["level"] == "warning"
        without, install = found["words"].split(" Where the scheduler runs: ")
        page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
        assert without in page and f"\n{install}\n" in page
        with monkeypatch.context() as patch:
            patch.setattr(paper, "NEEDED", (*paper.NEEDED, "LD_LIBRARY_PATH"))
            patch.setenv("LD_LIBRARY_PATH", str(tmp_path))
            with pytest.raises(paper.NotMade) as refused:
                paper.pdf_of('<html lang="en"><title>x</title><p>x</p></html>')
            assert refused.value.why is Why.MISSING
        broken.unlink()


def test_a_library_that_is_loaded_at_its_first_use_and_is_not_there_is_named(
    running: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lxml.etree", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, name, None)
    level, words = found(running)["libraries"]
    assert level == "bad" and words.startswith("What few acts need cannot be loaded: lxml.etree, xlsxwriter. Run: ")
    assert words.partition("Run: ")[2] in (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def test_what_the_settings_break_is_named(
    running: Flask, demo_database: Database, tmp_path: Path, network_guard: Guard
) -> None:
    nobody = free_port()
    network_guard.mail_ports.add(nobody)
    settings = {"WSS_KEYS": "another key, that opens nothing", "SMTP_URL": f"smtp://127.0.0.1:{nobody}"}
    app = make_app(demo_database.url, tmp_path, **settings)
    with app.app_context():
        said = found(app)
        db.engine.dispose()
    for what, words in (("keys", "be opened"), ("audit log", "be verified"), ("mail", "not take us")):
        assert said[what][0] == "bad"
        assert words in said[what][1]


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    app = make_app(f"postgresql://nobody@127.0.0.1:{free_port()}/none", tmp_path)
    with app.app_context():
        assert found(app) == {"database": ("bad", "It cannot be reached at DATABASE_URL, or does not answer.")}


def _damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8 * 4096] = b"\xff" * 8 * 4096
    path.write_bytes(content)


def _orphaned(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE case_note SET case_id = 999999")


@pytest.mark.any_database("the damaged file is SQLite's")
@pytest.mark.parametrize(("harm", "words"), [(_damaged, "damaged"), (_orphaned, "not there")])
def test_a_file_that_is_not_whole_is_named(
    databases: Databases, tmp_path: Path, harm: Callable[[Path], None], words: str
) -> None:
    copy = databases.copy(databases.demo("sqlite"))
    harm(Path(copy.name))
    app: Any = make_app(copy.url, tmp_path)
    with app.app_context():
        level, said = found(app)["database"]
        db.engine.dispose()
    assert level == "bad"
    assert words in said
    databases.drop(copy)
