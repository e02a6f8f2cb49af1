"""The database beside its tables: statements about many ids, rows in bulk, erasing, and the state of the schema."""

import enum
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Connection, Table, bindparam, literal, select, text
from sqlalchemy import table as table_clause
from sqlalchemy.exc import NotSupportedError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from wss_cases.foundation.connecting import IDS, one_of
from wss_cases.foundation.db import db, quoted
from wss_cases.foundation.operations import EXTENSION, upgrade


def insert_rows(session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows that are given as the values of these columns; the others take their defaults."""
    if not rows:
        return
    if session.get_bind().dialect.name != "postgresql":
        session.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        return
    defaults = _defaults(table, names)
    connection = session.connection().connection.driver_connection
    assert connection is not None
    listed = ", ".join(f'"{name}"' for name in (*names, *defaults))
    fixed = tuple(defaults.values())
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        write = copy.write_row
        for row in rows:
            write((*row, *fixed) if fixed else row)


def _defaults(table: Table, names: Sequence[str]) -> dict[str, Any]:
    found = {}
    for column in table.columns:
        if column.name not in names and isinstance(column.default, ScalarElementColumnDefault):
            value = column.default.arg
            found[column.name] = value.value if isinstance(value, enum.Enum) else value
    return found


ERASE_WAIT_MS = 3000


def erase_deleted(tables: Iterable[str]) -> bool:
    """Remove what was deleted from these tables from the database's own files; False when someone reads right now.

    Ends this session and opens a connection of its own; call it outside every unit of work. SQLite overwrites what it
    deletes (`secure_delete`), so it is enough to fold its log into the file. PostgreSQL rewrites each table (`VACUUM
    FULL`) and gathers new statistics, which contain sample values.
    """
    db.session.remove()  # one's own reading would be in the way
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            if connection.dialect.name == "sqlite":
                return _fold_log(connection)
            return _write_anew(connection, tables)
        except OperationalError:
            return False
        finally:
            connection.invalidate()


def _write_anew(connection: Connection, tables: Iterable[str]) -> bool:
    names = list(tables)
    # VACUUM skips tables that this role does not own, and only warns
    owned = text(_OWNED).bindparams(bindparam("tables", expanding=True))
    if connection.execute(owned, {"tables": names}).scalar_one() != len(names):
        return False
    # rows that an older snapshot could still see would be carried over, the one of this VACUUM among them: it sees no
    # further than the oldest that writes, in whichever database of the server
    limit = connection.execute(text(_NEXT_TRANSACTION)).scalar_one()
    waited = 0
    while connection.execute(text(_OLDER_SNAPSHOTS), {"limit": limit}).scalar_one():
        if waited >= ERASE_WAIT_MS:
            return False
        connection.execute(text("SELECT pg_sleep(0.1)"))
        waited += 100
    for table in names:
        if not _write_table(connection, table):
            return False
        with db.engine.begin() as transaction:
            transaction.exec_driver_sql(f"SET LOCAL lock_timeout = {ERASE_WAIT_MS}")
            transaction.exec_driver_sql(f"ANALYZE {quoted(connection, table)}")
            _forget_samples(transaction, table)
    return True


def _write_table(connection: Connection, table: str) -> bool:
    # VACUUM takes no transaction, so how long it waits would have to be told to the session, which behind a pooler
    # is somebody else's next; it passes over a table that is in use instead, and is asked again
    before = connection.execute(text(_FILE), {"table": table}).scalar_one()
    for waited in range(0, ERASE_WAIT_MS, 100):
        if waited:
            connection.execute(text("SELECT pg_sleep(0.1)"))
        connection.exec_driver_sql(f"VACUUM (FULL, SKIP_LOCKED) {quoted(connection, table)}")
        if connection.execute(text(_FILE), {"table": table}).scalar_one() != before:
            return True
    return False


def _forget_samples(connection: Connection, table: str) -> None:
    """Drop the statistics of an emptied table, which ANALYZE leaves unchanged: they contain samples of its rows."""
    name = quoted(connection, table)
    if connection.execute(select(literal(1)).select_from(table_clause(table)).limit(1)).first() is not None:
        return
    for column, kind in connection.execute(text(_SAMPLED), {"table": table}).all():
        try:
            # giving a column the type it has is what makes PostgreSQL drop its statistics
            with connection.begin_nested():
                connection.exec_driver_sql(f"ALTER TABLE {name} ALTER COLUMN {quoted(connection, column)} TYPE {kind}")
        except NotSupportedError:
            continue  # a trigger reads the column: it holds a code, not what somebody wrote


_WORDS_ANEW = "INSERT INTO search_words (search_words) VALUES ('optimize')"
"""The index of words only notes what left it, until its parts are written as one."""
_FILE = "SELECT pg_relation_filenode(to_regclass(quote_ident(:table)))"
_SAMPLED = (
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_stats s"
    " JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(s.tablename)) AND a.attname = s.attname"
    " WHERE s.tablename = :table AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype)"
)


_OWNED = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relname IN :tables AND pg_has_role(c.relowner, 'USAGE')"
)
_NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
_OLDER_SNAPSHOTS = (
    "SELECT count(*) > 0 OR pg_snapshot_xmin(pg_current_snapshot())::text::numeric < CAST(:limit AS numeric)"
    " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL"
    " AND age(backend_xmin) > age(CAST(CAST(CAST(:limit AS numeric) % 4294967296 AS text) AS xid))"
)


def _fold_log(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA busy_timeout={ERASE_WAIT_MS}")
    try:
        raw.execute(_WORDS_ANEW)
    except sqlite3.OperationalError:
        return False
    busy, _pages, _moved = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


Narrow = Callable[[Any], ColumnElement[bool]]
"""Says of a column that it is one of the ids; see `among`, which says it of ids that are known."""


class Prepared:
    """A select of what belongs to some ids. `build` makes it once for each database and set of conditions."""

    def __init__(self, build: Callable[[Narrow], Any]) -> None:
        self.build = build
        self._built = cache(lambda dialect: build(partial(one_of, dialect)))

    def rows(self, ids: Iterable[int], **values: Any) -> Any:
        """The rows for these ids and values of the statement's other parameters."""
        statement = self._built(db.session.get_bind().dialect.name)
        return db.session.execute(statement, {IDS: list(ids), **values})


def among_ids(column: Any) -> ColumnElement[bool]:
    """The condition that a column is one of the parameter `ids`, for this database."""
    return one_of(db.session.get_bind().dialect.name, column)


UPGRADE = "flask db upgrade"
NEWER_CODE = "deploy the release that matches the database"
_NUMBERS = re.compile(r"""^(revision|down_revision) = ["'](\w+)["']$""", re.MULTILINE)
"""As every file of a revision says its own number and the one before it: read without running it, or Alembic."""


@lru_cache(maxsize=1)
def _known(directory: str) -> tuple[str, frozenset[str]]:
    files = Path(directory, "versions").glob("*.py")
    numbers = [found for path in files for found in _NUMBERS.findall(path.read_text(encoding="utf-8"))]
    revisions = frozenset(number for name, number in numbers if name == "revision")
    last = revisions - {number for name, number in numbers if name == "down_revision"}
    return max(last, default=""), revisions


def schema_command() -> str | None:
    """The command that an operator must run because code and schema differ; None when they match.

    Raises OperationalError when the database cannot be reached.
    """
    head, known = _known(current_app.extensions[EXTENSION].directory)
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except (OperationalError, ProgrammingError):
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        return UPGRADE
    if found == head:
        return None
    return UPGRADE if found is None or found in known else NEWER_CODE


def is_known(revision: str) -> bool:
    """Whether this release has this schema revision."""
    return revision in _known(current_app.extensions[EXTENSION].directory)[1]


def upgrade_to(revision: str = "head") -> None:
    """Bring the schema to a revision."""
    db.session.remove()
    upgrade(revision)
