"""Removing deleted rows from the database's own files and statistics."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select, text
from sqlalchemy import table as table_clause
from sqlalchemy.exc import NotSupportedError, OperationalError

from wss_cases.foundation.db import db, quoted

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
