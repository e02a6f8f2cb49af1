"""What a backup needs of each database: a consistent view, constraints that wait for all rows, and the next ids."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from wss_cases.foundation.backup.word_indexes import make_word_indexes_anew
from wss_cases.foundation.connecting.sessions import WRITING
from wss_cases.foundation.db import quoted

_SEQUENCES = (
    "SELECT s.relname, s.tabname, s.last_value FROM (SELECT c.relname, t.relname AS tabname,"
    " COALESCE(pg_sequence_last_value(c.oid), 0) AS last_value FROM pg_class c"
    " JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid"
    " WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace) s ORDER BY s.relname"
)
_FOREIGN_KEYS = (
    "SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
    " WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace AND NOT c.condeferrable"
)
_TRIGGERED = (
    "SELECT DISTINCT t.relname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid"
    " WHERE NOT g.tgisinternal AND t.relnamespace = 'public'::regnamespace"
)


@contextmanager
def one_view(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees the database as of its first statement, whatever is written meanwhile."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def rules_at_the_end(engine: Engine) -> Iterator[Connection]:
    """A transaction whose foreign keys are checked at its end and whose triggers are off.

    When a constraint is violated at the end, nothing is written.
    """
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        around = _postgresql if connection.dialect.name == "postgresql" else _sqlite
        with around(connection):
            yield connection


@contextmanager
def _sqlite(connection: Connection) -> Iterator[None]:
    connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _sql in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {quoted(connection, name)}")
    yield
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)
    make_word_indexes_anew(connection)


@contextmanager
def _postgresql(connection: Connection) -> Iterator[None]:
    keys = connection.execute(text(_FOREIGN_KEYS)).all()
    tables = connection.execute(text(_TRIGGERED)).scalars().all()
    _each_key(connection, keys, "DEFERRABLE INITIALLY DEFERRED")
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(connection, table)} DISABLE TRIGGER USER")
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    _each_key(connection, keys, "NOT DEFERRABLE")
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(connection, table)} ENABLE TRIGGER USER")


def _each_key(connection: Connection, keys: Iterable[Any], how: str) -> None:
    for table, key in keys:
        connection.exec_driver_sql(
            f"ALTER TABLE {quoted(connection, table)} ALTER CONSTRAINT {quoted(connection, key)} {how}"
        )


def next_ids(connection: Connection) -> dict[str, int]:
    """The last id that each table gave, so that a restored database does not give the id of a deleted row again."""
    if connection.dialect.name != "postgresql":
        return {}
    return {table: int(value) for _name, table, value in connection.execute(text(_SEQUENCES))}


def set_next_ids(connection: Connection, wanted: Mapping[str, int], highest: Mapping[str, int]) -> None:
    """Let each table continue from these ids; a table that is not named continues from its highest id."""
    if connection.dialect.name != "postgresql":
        return
    for name, table, _value in connection.execute(text(_SEQUENCES)).all():
        reached = max(wanted.get(table, 0), highest[table])
        if reached:
            connection.execute(text("SELECT setval(CAST(:name AS regclass), :at)"), {"name": name, "at": reached})
