"""Connections to PostgreSQL, directly or through a pooler (PgBouncer).

A pooler in transaction mode gives each transaction any free session of the server. So no setting is made when a
connection opens, which a pooler refuses, and none outlasts its transaction. Faster habits are used once the connection
proves to be direct.

No connection is tested before use. When the BEGIN fails, it is repeated on another connection; where statements run
without a transaction, the reading session repeats the statement (`RoomSession`).
"""

from contextlib import suppress
from typing import Any

from psycopg import OperationalError
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError

from wss_cases.foundation.connecting.silence import OF_THE_SERVER

PLANS_AFTER = 2
"""How often a statement runs before the server keeps its plan, on a session of one's own."""
PLANS_KEPT = 500
"""How many of them: all pages have more than the hundred that the driver keeps by itself, which then keeps none."""
SINGLY = "wss_singly"
"""The option of connections whose statements stand each for itself: no transaction is begun, none has to be ended."""
_POOLED = "wss_pooled"
_OLD_PLAN = "RevalidateCachedQuery"
"""What of the server refuses a plan of columns that have changed, in whatever language it says so."""
_NO_JIT = "jit = off"
"""Compiling the statement of a page takes a hundred times as long as running it."""


def fit_pooler(engine: Engine) -> None:
    """Let an engine's connections find out whether they lead to a pooler, and adapt."""
    event.listen(engine, "connect", _meet)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "rollback", _end_reading)
    event.listen(engine, "handle_error", _let_go_of_old_plans)


def _meet(opened: Any, record: Any) -> None:
    # a pooler reports itself as the server, with a version of its own
    pooled = opened.execute("SELECT pg_backend_pid()").fetchone()[0] != opened.info.backend_pid
    record.info[_POOLED] = pooled
    opened.prepare_threshold = None if pooled else PLANS_AFTER
    opened.prepared_max = PLANS_KEPT
    if not pooled:
        own = (_NO_JIT, *(f"{name} = {value}" for name, value in OF_THE_SERVER.items()))
        opened.execute("; ".join(f"SET {one}" for one in own))
    opened.commit()


def stands_singly(connection: Connection) -> bool:
    """Whether reads run without a transaction: not behind a pooler, which needs one."""
    return SINGLY in connection.get_execution_options() and not connection.info[_POOLED]


def _end_reading(connection: Connection) -> None:
    """Commit a transaction that only read instead of rolling it back: at a ROLLBACK the driver drops the server's
    prepared plans of this connection, and the next page would plan again."""
    if connection.invalidated or connection.info[_POOLED]:
        return
    opened: Any = connection.connection.driver_connection
    only_reads = opened.read_only or SINGLY in connection.get_execution_options()
    if only_reads and opened.info.transaction_status is TransactionStatus.INTRANS:
        with suppress(OperationalError):  # a connection that is lost just now is found to be so by the ROLLBACK
            opened.commit()


def _let_go_of_old_plans(error: ExceptionContext) -> None:
    """Discard a connection whose plans refer to columns that an upgrade has widened since."""
    refused = error.original_exception
    if isinstance(refused, FeatureNotSupported) and refused.diag.source_function == _OLD_PLAN:
        error.is_disconnect = True


def _begin(connection: Connection) -> None:
    pooled = connection.info[_POOLED]
    opened: Any = connection.connection.driver_connection
    if not opened.autocommit:
        # begun by the driver, as the reports copy and backups need it
        if pooled:
            connection.exec_driver_sql(f"SET LOCAL {_NO_JIT}")
        return
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT" or stands_singly(connection):
        return
    words = f"BEGIN; SET LOCAL {_NO_JIT}" if pooled else "BEGIN"
    try:
        connection.exec_driver_sql(words)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        connection.exec_driver_sql(words)  # nothing was begun, so nothing is done twice
