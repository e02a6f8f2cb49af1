"""Databases for tests: migrated once for each kind, then copied."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import once
from tests.support.postgres import PostgresServer, binaries
from tests.support.servers import forking

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("sqlite", "postgresql")
DEMO_PASSWORD = "a long demo password 2026"
DEMO_SIZE = ("--schools", "2", "--students", "200", "--incidents", "120", "--years", "1", "--seed", "1")
TEST_KEYS = "test-key-that-protects-nothing-0123456789"


@dataclass(frozen=True)
class Database:
    """One database: its kind ('sqlite' or 'postgresql'), its name or path, its SQLAlchemy address."""

    kind: str
    name: str
    url: str


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a process under test: nothing of ours but these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    ours = {"DATABASE_URL": url, "WSS_ENV": "test", "WSS_KEYS": TEST_KEYS, "PYTHONUNBUFFERED": "1"}
    # most tests are about something else than a second factor; those about it ask for it
    ours["WSS_SECOND_FACTOR"] = "optional"
    # and open more pages in a minute than a person in a day
    ours["WSS_PAGES_PER_HOUR"] = "10000000"
    return kept | ours | more


def flask(url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one `flask` command on a database, as an operator would; never raises for its exit status."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = forking.start("flask", *arguments, env=environment(url, **more), out=out, err=err)
        try:
            status = process.wait(300)
        finally:
            process.kill()
        words = []
        for file in (out, err):
            file.seek(0)
            words.append(file.read().decode("utf-8"))
    return subprocess.CompletedProcess(process.args, status, *words)


class Databases:
    """Makes and removes the databases of one test process; `settings` are PostgreSQL's."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.server: PostgresServer | None = None
        self._filled: dict[tuple[str, str], Database] = {}
        self._numbers = itertools.count(1)

    def postgres(self) -> PostgresServer:
        """Return the running server, starting it at the first call; RuntimeError where it is not installed."""
        if self.server is None:
            programs = binaries()
            if programs is None:
                raise RuntimeError("PostgreSQL's server programs are not installed")
            server = PostgresServer(programs, **self.settings)
            server.start()
            self.server = server
        return self.server

    def empty(self, kind: str) -> Database:
        """Return a new database without a schema."""
        name = f"test_{next(self._numbers)}"
        if kind == "postgresql":
            return Database(kind, name, self.postgres().create(name))
        path = self.folder / f"{name}.sqlite3"
        return Database(kind, str(path), f"sqlite:///{path}")

    def template(self, kind: str) -> Database:
        """Return the migrated database that copies are made from; nobody writes to it."""
        if ("migrated", kind) not in self._filled:
            self._filled["migrated", kind] = self._fill("migrated", lambda: self.empty(kind), _migrate)
        return self._filled["migrated", kind]

    def demo(self, kind: str) -> Database:
        """Return a migrated database with a small demo district, to make copies from; nobody writes to it."""
        return self.filled("demo", self.template(kind), _load_demo)

    def filled(self, name: str, source: Database, fill: Callable[[Database], None]) -> Database:
        """Return the database of a name, to make copies from: a copy of `source` that `fill` has written to once, and
        that it is no longer connected to."""
        if (name, source.kind) not in self._filled:
            self._filled[name, source.kind] = self._fill(name, lambda: self.copy(source), fill)
        return self._filled[name, source.kind]

    def _fill(self, name: str, begin: Callable[[], Database], fill: Callable[[Database], None]) -> Database:
        """Return a new database, filled; one of SQLite is filled by the first process of a run and read by all."""
        database = begin()
        if database.kind == "postgresql":
            fill(database)
            return database
        with once.alone(f"{name}.sqlite3") as shared:
            if not shared.exists():
                fill(database)
                finished = shared.with_suffix(".finished")
                copy_sqlite(Path(database.name), finished)
                finished.replace(shared)
        self.drop(database)
        return Database("sqlite", str(shared), f"sqlite:///{shared}")

    def copy(self, source: Database) -> Database:
        """Return a copy of a database that no one is connected to."""
        name = f"test_{next(self._numbers)}"
        if source.kind == "postgresql":
            return Database(source.kind, name, self.postgres().create(name, template=source.name))
        path = self.folder / f"{name}.sqlite3"
        copy_sqlite(Path(source.name), path)
        return Database(source.kind, str(path), f"sqlite:///{path}")

    def drop(self, database: Database) -> None:
        """Remove a database."""
        if database.kind == "postgresql":
            self.postgres().drop(database.name)
        else:
            for path in Path(database.name).parent.glob(f"{Path(database.name).name}*"):
                path.unlink()

    def close(self) -> None:
        """Stop the server."""
        if self.server is not None:
            self.server.stop()


def _migrate(database: Database) -> None:
    done = flask(database.url, "db", "upgrade")
    if done.returncode:
        raise RuntimeError(f"flask db upgrade failed on {database.kind}:\n{done.stdout}{done.stderr}")


def _load_demo(database: Database) -> None:
    done = flask(database.url, "demo", "load", *DEMO_SIZE, WSS_DEMO_PASSWORD=DEMO_PASSWORD)
    if done.returncode:
        raise RuntimeError(f"flask demo load failed on {database.kind}:\n{done.stdout}{done.stderr}")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database through its backup interface, the log included."""
    with sqlite3.connect(source) as read, sqlite3.connect(target) as write:
        read.backup(write)
    read.close()
    write.close()
