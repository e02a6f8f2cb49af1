"""Databases for tests: migrated once, SQLite's in a run and PostgreSQL's in each process, then copied."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine

from tests.support import once
from tests.support.depth import full_cross
from tests.support.fixed import day
from tests.support.postgres import PostgresServer, binaries
from tests.support.servers import forking
from wss_cases.foundation import backup
from wss_cases.foundation.backup import one_view, rules_at_the_end

ROOT = Path(__file__).resolve().parents[2]
DEMO_PASSWORD = "a long demo password 2026"
DEMO_SIZE = ("--schools", "2", "--students", "200", "--incidents", "120", "--years", "1", "--seed", "1")
LONGEST_COMMAND = 1200.0
"""Seconds after which a command is given up: the demo takes half a minute, and many times that beside other work."""
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC")
"""What processes under test are told of the machine, the clock of libfaketime among it where a run is under one."""
TEST_KEYS = "test-key-that-protects-nothing-0123456789"


@dataclass(frozen=True)
class Database:
    """One database: its kind ('sqlite' or 'postgresql'), its name or path, its SQLAlchemy address."""

    kind: str
    name: str
    url: str


Begin = Callable[[str], Database]
Fill = Callable[[Database], None]


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a process under test: nothing of ours but these settings."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    ours = {"DATABASE_URL": url, "WSS_ENV": "test", "WSS_KEYS": TEST_KEYS, "PYTHONUNBUFFERED": "1"}
    # most tests are about something else than a second factor; those about it ask for it
    ours["WSS_SECOND_FACTOR"] = "optional"
    # and open more pages in a minute than a person in a day
    ours["WSS_PAGES_PER_HOUR"] = "10000000"
    return kept | ours | day.settings_of_the_run() | more


def flask(url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one `flask` command on a database, as an operator would; never raises for its exit status."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = forking.start("flask", *arguments, env=environment(url, **more), out=out, err=err)
        try:
            status = process.wait(LONGEST_COMMAND)
        finally:
            process.kill()
        words = []
        for file in (out, err):
            file.seek(0)
            words.append(file.read().decode("utf-8"))
    return subprocess.CompletedProcess(process.args, status, *words)


class Databases:
    """Makes and removes the databases of one test process; `settings` are PostgreSQL's.

    Each process has a server of its own: what erases waits for every transaction of a server, another database's too.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.server: PostgresServer | None = None
        self._filled: dict[tuple[str, str], Database] = {}
        self._numbers = itertools.count(1)

    def postgres(self) -> PostgresServer:
        """Return the running server, starting it at the first call; RuntimeError where it is not installed."""
        if self.server is None:
            self.server = self._started()
        return self.server

    def _started(self) -> PostgresServer:
        programs = binaries()
        if programs is None:
            raise RuntimeError("PostgreSQL's server programs are not installed")
        server = PostgresServer(programs, **self.settings)
        server.start(os.getpid())
        return server

    def _name(self) -> str:
        return f"test_{os.getpid()}_{next(self._numbers)}"

    def empty(self, kind: str) -> Database:
        return self._begin(kind, self._name())

    def _begin(self, kind: str, name: str) -> Database:
        if kind == "postgresql":
            return Database(kind, name, self.postgres().create(name))
        path = self.folder / f"{name}.sqlite3"
        return Database(kind, str(path), f"sqlite:///{path}")

    def template(self, kind: str) -> Database:
        """Return the migrated database that copies are made from; nobody writes to it."""
        return self._once("migrated", kind, lambda name: self._begin(kind, name), _migrate)

    def demo(self, kind: str) -> Database:
        """Return a migrated database with a small demo district, to make copies from; nobody writes to it.

        PostgreSQL's is SQLite's carried over, so that both have the same ids; in the full cross it is made there.
        """
        if kind == "sqlite" or full_cross():
            return self.filled("demo", self.template(kind), _load_demo)
        made = self.demo("sqlite")
        return self.filled("demo", self.template(kind), lambda database: _carry_over(made, database))

    def filled(self, name: str, source: Database, fill: Fill) -> Database:
        """Return the database of a name, to make copies from: a copy of `source` that `fill` has written to once, and
        that it is no longer connected to."""
        return self._once(name, source.kind, lambda name: self._copied(source, name), fill)

    def _once(self, name: str, kind: str, begin: Begin, fill: Fill) -> Database:
        if (name, kind) not in self._filled:
            make = self._fill_sqlite if kind == "sqlite" else self._fill_postgresql
            self._filled[name, kind] = make(name, begin, fill)
        return self._filled[name, kind]

    def _fill_postgresql(self, name: str, begin: Begin, fill: Fill) -> Database:
        database = begin(name)
        fill(database)
        return database

    def _fill_sqlite(self, name: str, begin: Begin, fill: Fill) -> Database:
        """Return a file, filled by the first process of a run and read by all."""
        with once.alone(f"{name}.sqlite3") as shared:
            if not shared.exists():
                database = begin(self._name())
                fill(database)
                finished = shared.with_suffix(".finished")
                copy_sqlite(Path(database.name), finished)
                finished.replace(shared)
                self.drop(database)
        return Database("sqlite", str(shared), f"sqlite:///{shared}")

    def copy(self, source: Database) -> Database:
        return self._copied(source, self._name())

    def _copied(self, source: Database, name: str) -> Database:
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


def _carry_over(source: Database, target: Database) -> None:
    """Put the rows of one database in the place of another's, as a backup that is restored does."""
    engines = create_engine(source.url), create_engine(target.url)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.zip")
        with one_view(engines[0]) as connection:
            backup.write(connection, path, {}, _say_nothing)
        with rules_at_the_end(engines[1]) as connection:
            backup.fill(connection, path, backup.checked(path, _say_nothing), _say_nothing)
    for engine in engines:
        engine.dispose()


def _say_nothing(_words: str) -> None:
    """What a backup tells its operator is not wanted here."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database through its backup interface, the log included."""
    with sqlite3.connect(source) as read, sqlite3.connect(target) as write:
        read.backup(write)
    read.close()
    write.close()
