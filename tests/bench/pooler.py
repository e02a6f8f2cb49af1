"""The bench behind a PgBouncer in transaction mode: all share a few sessions, reports have some of their own and may
only read, and a roster comes in meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.bench.roster import District
from tests.support.databases import ROOT, Database, Databases, environment
from tests.support.servers.pgbouncer import REPORTS, pooled, program
from wss_cases.foundation.connecting import reports_database, reports_reading
from wss_cases.foundation.db import db

STUDENTS = 4_000


@contextmanager
def reached(databases: Databases, database: Database, sessions: int) -> Iterator[tuple[Database, dict[str, str]]]:
    """Give how a database is reached, and its reports: by a PgBouncer with so many sessions, or by none."""
    if not sessions:
        yield database, {}
        return
    if program() is None:
        raise SystemExit("PgBouncer is missing (apt install pgbouncer)")
    with pooled(databases.postgres().port, database.name, sessions) as url:
        yield Database(database.kind, database.name, url), {"REPORTS_DATABASE_URL": url + REPORTS}


@contextmanager
def importing(database: Database, folder: Path, wanted: bool) -> Iterator[list[str]]:
    """A roster comes in while the block runs; the words about it are in the list afterwards."""
    lines: list[str] = []
    if not wanted:
        yield lines
        return
    roster = folder / "roster"
    District(STUDENTS, 1, schools=40).write(roster)
    began = time.perf_counter()
    command = ["import", "oneroster", str(roster), "--source", "bench", "--accept-source", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", *command],
        cwd=ROOT, env=environment(database.url), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    yield lines
    said, _none = process.communicate()
    files = json.loads(said)["files"]
    rows = sum(one["created"] for one in files.values())
    lines.append(
        f"a roster of {STUDENTS:,} students meanwhile: exit {process.returncode}, {rows:,} rows made, "
        f"{time.perf_counter() - began:.1f} s"
    )


def read_only(app: Flask) -> str:
    """Return what becomes of a write where reports are read."""
    with app.app_context(), reports_reading():
        try:
            db.session.execute(text("UPDATE school SET name = 'Elsewhere'"))
        except DBAPIError as error:
            return f"a write where reports are read: {str(error.orig).strip()}"
        finally:
            db.session.remove()
    return "a write where reports are read is NOT refused"


def release(app: Flask) -> None:
    """Let go of every connection of an application: whoever is in between keeps the server's open for them."""
    with app.app_context():
        copy = reports_database()
        if copy is not None:
            copy.engine.dispose()
        db.session.remove()
        db.engine.dispose()
