"""Connections to the databases: directly, through a pooler, and to a copy for reports."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import flask_sqlalchemy.session
from flask import Flask, current_app, has_request_context
from psycopg import OperationalError
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    ARRAY,
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    bindparam,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import OperatorType, eq

OF_SEVERAL = ("host", "hostaddr", "port", "target_session_attrs")


@dataclass(frozen=True)
class Server:
    """One server of an address: its host ('' for this machine's socket) and the address that leads only to it."""

    host: str
    url: URL


def each_host(url: URL) -> list[Server]:
    """The servers of an address in its order: `//name@host/base`, `?host=a:5432&host=b`, or `?host=a,b`.

    Raises ValueError when a host stands before the path and `host` or `hostaddr` in the query: the driver would ignore
    the first.
    """
    beside = [key for key in ("host", "hostaddr") if url.query.get(key)]
    if url.host and beside:
        raise ValueError(f"the address names {url.host} and {beside[0]}= too: name every server by host= alone")
    if url.host:
        return [Server(url.host, url.difference_update_query(("target_session_attrs",)))]
    named = url.query.get("hostaddr") or url.query.get("host") or ""
    hosts = ",".join([named] if isinstance(named, str) else named).split(",")
    ports = str(url.query.get("port") or "").split(",")
    plain = url.difference_update_query(OF_SEVERAL)
    found = []
    for number, host in enumerate(hosts):
        name, _colon, port = (host, "", "") if host.startswith("/") else host.partition(":")
        port = port or ports[number if len(ports) == len(hosts) else 0]
        if name and not name.startswith("/"):
            alone = plain.set(host=name, port=int(port) if port else None)
        else:
            alone = plain.update_query_dict({key: value for key, value in (("host", name), ("port", port)) if value})
        found.append(Server(name, alone))
    return found


IDS: Final = "ids"


def one_of(dialect: str, column: Any, ids: Sequence[int] | None = None) -> ColumnElement[bool]:
    """The condition that a column is one of these ids, or of the statement's parameter `ids`.

    PostgreSQL gets one array, because a long list of parameters is slow to render.
    """
    known: dict[str, Any] = {} if ids is None else {"value": list(ids), "unique": True}
    found: ColumnElement[bool]
    if dialect == "postgresql":
        found = column == func.any(bindparam(IDS, type_=ARRAY(BigInteger), **known))
    else:
        found = column.in_(bindparam(IDS, type_=column.type, expanding=True, **known))
    return found


SILENCE: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
"""Nine seconds, eight where something was sent; a server that works on a long statement answers for its machine."""

OF_THE_SERVER: Final = {
    **{f"tcp_{name}": SILENCE[name] for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")},
    "tcp_user_timeout": 15_000,
}
"""The same, as the server calls it: how long it waits for us. On Linux the last is the one that ends it, also where
only an answer is awaited; longer than our own eight seconds, for a process that stands still for a moment lives."""


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


_LOG = logging.getLogger(__name__)
_READING: ContextVar[Engine | None] = ContextVar("reading_reports", default=None)
AWAY_SECONDS = 60.0
MOST_SECONDS_BEHIND = 600
"""The scheduler writes every minute, so what a standby has last taken over is never old while it follows."""
_BEHIND = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"
)
EXTENSION = "wss_reports"


class ReportsDatabase:
    """One application's copy: its engine, and until when it is not asked."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
        if url.startswith("sqlite"):
            options["connect_args"] = {"timeout": 5, "check_same_thread": False}
        else:
            read_only = {"postgresql_readonly": True}
            options |= {"pool_timeout": 5, "connect_args": SILENCE, "execution_options": read_only}
        self.engine = create_engine(url, **options)
        self.away_until = 0.0
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", lambda opened, _record: opened.execute("PRAGMA query_only=ON"))
        else:
            fit_pooler(self.engine)

    def answers(self) -> bool:
        """Whether it can be read now and does not lag."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM alembic_version"))
                behind = connection.scalar(_BEHIND) if self.engine.dialect.name == "postgresql" else None
        except SQLAlchemyError:
            return False
        return behind is None or behind <= MOST_SECONDS_BEHIND

    def chosen(self) -> Engine | None:
        """Its engine, or None while it is not asked."""
        if time.monotonic() < self.away_until:
            return None
        if self.answers():
            return self.engine
        self.away_until = time.monotonic() + AWAY_SECONDS
        _LOG.warning("REPORTS_DATABASE_URL does not answer or is far behind: reports are read from DATABASE_URL")
        return None


def init_reports_db(app: Flask) -> None:
    """Attach the copy when one is configured; opens no connection."""
    url = app.config["REPORTS_DATABASE_URL"]
    app.extensions[EXTENSION] = ReportsDatabase(url) if url else None


def reports_database() -> ReportsDatabase | None:
    found: ReportsDatabase | None = current_app.extensions.get(EXTENSION)
    return found


def reading_engine() -> Engine | None:
    """The engine from which a session that writes nothing reads now; None: the main database."""
    return _READING.get()


@contextmanager
def reports_reading() -> Iterator[None]:
    copy = reports_database()
    token = _READING.set(copy.chosen() if copy else None)
    try:
        yield
    finally:
        _READING.reset(token)


WRITING = "wss_writing"
"""Under it a session, and the connection it works on, say that they were begun to write."""
_WRITTEN = "wss_written"
"""Under it a session says that it has written: it goes on at the main database, which knows of it."""
SINGLY_EXTENSION = "wss_singly"
_VIEW = "one_view"
_ONE_VIEW = text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


class RoomSession(flask_sqlalchemy.session.Session):
    """Flask-SQLAlchemy's session, with an explicit bind (a test's connection) first.

    On PostgreSQL a page's reads run without BEGIN and ROLLBACK, and the connection is not tested before: when it was
    lost, the statement is repeated once on another one. Statements of a unit of work, or of one consistent view
    (`read_one_view`), are never repeated.
    """

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any) -> Engine | Connection:
        """The connection that tests bound, or the reports copy, or the application's engine."""
        if bind is None and self.bind is not None:
            return self.bind
        if bind is None and WRITING not in self.info:
            if (copy := reading_engine()) is not None and _WRITTEN not in self.info:
                return copy
            if has_request_context() and (singly := current_app.extensions.get(SINGLY_EXTENSION)) is not None:
                return singly  # type: ignore[no-any-return]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)

    def execute(self, *given: Any, **named: Any) -> Any:
        """Execute a statement; a page's read is repeated once when its connection was lost."""
        return self._asked(super().execute, given, named)

    def scalar(self, *given: Any, **named: Any) -> Any:
        """The first column of the first row, read as `execute` does."""
        return self._asked(super().scalar, given, named)

    def scalars(self, *given: Any, **named: Any) -> Any:
        """The first column of each row, read as `execute` does."""
        return self._asked(super().scalars, given, named)

    def _asked(self, ask: Callable[..., Any], given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if self.reads_a_page and getattr(given[0] if given else None, "is_dml", False):
            raise RuntimeError("a write outside of a unit of work")
        try:
            return ask(*given, **named)
        except DBAPIError as error:
            if not error.connection_invalidated or not self.reads_a_page or _VIEW in self.info:
                raise
        self.rollback()
        return ask(*given, **named)

    @property
    def reads_a_page(self) -> bool:
        """Whether this is a request's session outside its units of work."""
        return WRITING not in self.info and has_request_context()

    @property
    def stands_alone(self) -> bool:
        """Whether what this session is asked next stands for itself, and commits itself, on the main database."""
        own = current_app.extensions.get(SINGLY_EXTENSION) if self.reads_a_page and _VIEW not in self.info else None
        return own is not None and self.get_bind() is own and stands_singly(self.connection())

    def read_one_view(self) -> bool:
        """Let what a page reads from here on be of one instant: figures that must agree, and rows that are streamed.

        False where it reads in a transaction anyway, which goes on as it is.
        """
        if _VIEW not in self.info and self.reads_a_page and stands_singly(self.connection()):
            self.execute(_ONE_VIEW)
            self.info[_VIEW] = {}
        return _VIEW in self.info

    @property
    def seen_in_view(self) -> dict[str, Any] | None:
        """What a page has found out of the one instant that it reads, to be asked once; None where it reads of more."""
        return self.info.get(_VIEW)


def read_again(session: Session) -> None:
    """Let a session whose unit of work is committed read from here on as that of a page does."""
    session.info.pop(WRITING, None)
    session.info[_WRITTEN] = True


@event.listens_for(RoomSession, "before_flush")
def _units_alone_write(session: RoomSession, *_more: Any) -> None:
    changed = (*session.new, *session.deleted, *filter(session.is_modified, session.dirty))
    if changed and session.reads_a_page:
        raise RuntimeError("a write outside of a unit of work")


def statements_singly(engine: Engine) -> Engine:
    """Return an engine's connections as pages read by them: each statement stands for itself."""
    return engine.execution_options(**{SINGLY: True})


class StrictInteger(BigInteger):
    """A whole number whose column equals no missing value; rows without a number are found with `is_(None)` alone."""

    class Comparator(BigInteger.Comparator[int]):
        """Compares as every integer does, but for `== None`."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Return the comparison; one with None becomes `column = NULL`, which also its negation does not match."""
            if op is eq and other and other[0] is None:
                other = (bindparam(None, None, type_=self.type),)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator
