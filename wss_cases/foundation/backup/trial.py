"""A trial restores a backup at once into a temporary database and counts its rows."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from wss_cases.foundation.backup.archive import checked, fill
from wss_cases.foundation.backup.engine import rules_at_the_end
from wss_cases.foundation.db import Base, db, fit_sqlite, quoted

PREFIX = ".wss-trial-"
"""How the folders of throwaway files begin; a process that was killed leaves one."""
SUFFIX = "_backup_trial"
"""How the throwaway database of PostgreSQL ends; whoever begins a trial removes the one that is there."""
_MAY_CREATE = text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")


@dataclass(frozen=True)
class Trial:
    """The rows counted, and the kind of database they were counted in."""

    tables: int
    rows: int
    kind: str


def tried(path: Path, folder: Path) -> Trial:
    """Restore a backup of this release's schema into a temporary database, delete that database, and return the counts.

    Uses PostgreSQL when the role may create databases, otherwise a SQLite file beside the backup (a backup file is the
    same for both). Raises BrokenBackup for a damaged file or row, OSError or SQLAlchemyError when the temporary
    database cannot be made or filled.
    """
    manifest = checked(path, _silent)
    with _throwaway(folder) as engine:
        Base.metadata.create_all(engine)
        with rules_at_the_end(engine) as connection:
            fill(connection, path, manifest, _silent)
        counted = [about["rows"] for about in manifest["tables"].values()]
        return Trial(len(counted), sum(counted), engine.dialect.name)


def _silent(_words: str) -> None:
    """Say nothing."""


@contextmanager
def _throwaway(folder: Path) -> Iterator[Engine]:
    with ExitStack() as ending:
        if db.engine.dialect.name == "postgresql" and _may_create():
            url = db.engine.url.set(database=ending.enter_context(_database()))
        else:
            place = ending.enter_context(TemporaryDirectory(prefix=PREFIX, dir=folder))
            url = make_url(f"sqlite:///{place}/trial.sqlite3")
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        ending.callback(engine.dispose)
        if engine.dialect.name == "sqlite":
            fit_sqlite(engine)
        yield engine


def _may_create() -> bool:
    with db.engine.connect() as connection:
        return bool(connection.execute(_MAY_CREATE).scalar_one())


@contextmanager
def _database() -> Iterator[str]:
    name = f"{(db.engine.url.database or '')[:40]}{SUFFIX}"
    _say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _say("CREATE DATABASE {} TEMPLATE template0", name)
    try:
        yield name
    finally:
        _say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _say(words: str, name: str) -> None:
    outside: Any = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql(words.format(quoted(connection, name)))
