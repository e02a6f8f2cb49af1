"""Connections to PostgreSQL, whether they lead to the server itself or to a pooler (PgBouncer) in front of it.

A pooler in transaction mode gives each transaction whichever of the server's sessions is free. So nothing is asked for
as a connection opens, which a pooler refuses, and nothing that a session would keep outlasts its transaction. What is
faster on a session of one's own is used where the connection turns out to be one.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

PLANS_AFTER = 2
"""How often a statement runs before the server keeps its plan, on a session of one's own."""
_POOLED = "wss_pooled"
_NO_JIT = "jit = off"
"""Compiling the statement of a page takes a hundred times as long as running it."""


def fit_pooler(engine: Engine) -> None:
    """Let an engine's connections find out what they lead to, and behave so."""
    event.listen(engine, "connect", _meet)
    event.listen(engine, "begin", _begin)


def _meet(opened: Any, record: Any) -> None:
    # a pooler names itself as the other end, with a number of its own making
    pooled = opened.execute("SELECT pg_backend_pid()").fetchone()[0] != opened.info.backend_pid
    record.info[_POOLED] = pooled
    opened.prepare_threshold = None if pooled else PLANS_AFTER
    if not pooled:
        opened.execute(f"SET {_NO_JIT}")
    opened.commit()


def _begin(connection: Connection) -> None:
    opened: Any = connection.connection.driver_connection
    if connection.info[_POOLED] and not opened.autocommit:
        connection.exec_driver_sql(f"SET LOCAL {_NO_JIT}")
