"""The database: typed base, column types, engine settings, and the scoped session."""

import contextlib
import enum
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Select,
    Table,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from wss_cases.foundation import connecting
from wss_cases.foundation.keys import close_to_others
from wss_cases.foundation.operations import init_migrations
from wss_cases.foundation.settings import KNOWN_DISTRICT

Record = TypeVar("Record")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database. A naive value is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


KNOWN_CODE_TABLES: Final = "known_code_tables"
"""Under it a session keeps which version of the code tables its page reads."""
HANDED_ON = (KNOWN_DISTRICT, KNOWN_CODE_TABLES)
"""What the session of a page knows and that of its write need not ask."""

BigId = connecting.StrictInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
"""A surrogate key that the database counts."""


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            int: BigId,
            dict[str, Any]: Json,
            list[Any]: Json,
            list[str]: Json,
        },
    )


class Versioned:
    """A record that is never silently overwritten: every change names the version it was made from."""

    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class CodeTable:
    """Rows that rarely change and that every save reads; the process caches them (`foundation.code_tables`)."""


def named_enum(kind: type[enum.Enum], name: str) -> Enum:
    """The column type of an enum: its values as text under a CHECK with this name."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def where(condition: str) -> dict[str, Any]:
    """Options that limit an index to the rows that meet a condition, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def exactly_one(*columns: str, name: str) -> CheckConstraint:
    """A constraint: exactly one of these columns has a value."""
    counted = " + ".join(f"(case when {column} is not null then 1 else 0 end)" for column in columns)
    return CheckConstraint(f"{counted} = 1", name=name)


def table_of(model: type[Base]) -> Table:
    """A model's table, for statements about many rows."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def by_id(model: type[Record]) -> Callable[[int], Record | None]:
    """A loader of one table's records by id, None when there is none; the caller checks who may see it."""
    return lambda record_id: db.session.get(model, record_id)


def newest(
    statement: Select[Any], model: Any, limit: int, before_id: int | None = None, school_id: int | None = None
) -> Select[Any]:
    """Narrow a select to its newest records, at most `limit`, older than `before` and of one school where given."""
    if school_id is not None:
        statement = statement.where(model.school_id == school_id)
    if before_id is not None:
        statement = statement.where(model.id < before_id)
    return statement.order_by(model.id.desc()).limit(limit)


def counting(asked: Mapping[str, Select[Any] | None]) -> Select[Any]:
    """Run several counting selects as one statement and return the number of each under its name; 0 for None."""
    none: ColumnElement[int] = literal_column("0")
    return select(*((none if one is None else one.scalar_subquery()).label(name) for name, one in asked.items()))


def among(column: Any, ids: Sequence[int]) -> ColumnElement[bool]:
    """The condition that a column is one of many ids, in this database's form."""
    return connecting.one_of(db.session.get_bind().dialect.name, column, ids)


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"class_": connecting.RoomSession, "expire_on_commit": False},
)


def init_db(app: Flask) -> None:
    """Attach the database and its migrations; opens no connection."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    # a failed statement is logged without its values: they may belong to a child
    # pages and jobs have more statements than the 500 whose SQL is cached by default
    options: dict[str, Any] = {"hide_parameters": True, "query_cache_size": 2000}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 20, "check_same_thread": False}
    else:
        options |= {
            "pool_size": 5,
            "max_overflow": 5,
            "pool_timeout": 5,
            # prefer the connection used last, which has already planned the pages' statements
            "pool_use_lifo": True,
            # the driver begins no transaction by itself: fit_pooler says BEGIN, and pages read without
            "isolation_level": "AUTOCOMMIT",
            "connect_args": connecting.SILENCE,
        }
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    db.init_app(app)
    connecting.init_reports_db(app)
    init_migrations(app, db, f"{app.root_path}/../migrations")
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            fit_sqlite(db.engine)
        else:
            connecting.fit_pooler(db.engine)
            app.extensions[connecting.SINGLY_EXTENSION] = connecting.statements_singly(db.engine)


def fit_sqlite(engine: Engine) -> None:
    """Protect the file of a SQLite engine, and let each transaction say at its start whether it writes."""
    event.listen(engine, "do_connect", _close_sqlite, once=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _close_sqlite(_dialect: Dialect, _record: object, names: list[str], _values: object) -> None:
    """Remove other users' access to the file; SQLite's write-ahead log inherits it."""
    name = names[0]
    if name.startswith((":", "file:")):
        return
    with contextlib.suppress(OSError):
        os.close(os.open(name, os.O_CREAT | os.O_EXCL, 0o600))
    for part in ("", "-wal", "-shm"):
        close_to_others(Path(f"{name}{part}"))


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # the driver's own BEGIN loses updates; every transaction is begun by _begin_sqlite
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


_PRAGMAS: Iterable[str] = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=20000",
    "PRAGMA secure_delete=ON",
)


def _begin_sqlite(connection: Connection) -> None:
    # a read transaction that turns into a write fails at once, ignoring the busy timeout
    writing = connection.get_execution_options().get(connecting.WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def begin_writing() -> None:
    """End the reading session and open one whose first statement marks it as writing."""
    known = {name: held for name in HANDED_ON if (held := db.session.info.get(name)) is not None}
    db.session.remove()
    db.session.info.update(known, **{connecting.WRITING: True})
    db.session.connection(execution_options={connecting.WRITING: True})


def begin_reading() -> None:
    """End the current session and open one that only reads; PostgreSQL refuses writes in its transaction."""
    db.session.remove()
    if db.session.get_bind().dialect.name == "postgresql" and not read_one_view():
        db.session.execute(text("SET LOCAL transaction_read_only = on"))


def read_one_view() -> bool:
    """Let the page's further reads see one instant; False in a transaction of another kind."""
    session: Any = db.session()
    return bool(session.read_one_view())


def quoted(connection: Connection, name: str) -> str:
    """A table's name as this database quotes it."""
    return connection.dialect.identifier_preparer.quote(name)


def database_now() -> datetime:
    """The database's own clock. Leases use it, so that all machines agree."""
    if db.session.get_bind().dialect.name == "postgresql":
        found: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
        return found.astimezone(UTC)
    words: str = db.session.execute(select(func.strftime("%Y-%m-%dT%H:%M:%f", "now"))).scalar_one()
    return datetime.fromisoformat(words).replace(tzinfo=UTC)
