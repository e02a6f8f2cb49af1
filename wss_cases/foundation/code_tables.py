"""A cache of tables that rarely change and that every page reads: schools, calendar, code lists, rule sets, webhooks.

The process keeps their rows until one is written: docs/decisions/0060-database-round-trips-per-page.md.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ScalarSelect, column, event, inspect, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from wss_cases.foundation.connecting import WRITING, RoomSession, reading_engine
from wss_cases.foundation.db import KNOWN_CODE_TABLES, CodeTable, db

Row = TypeVar("Row", bound=Any)
Value = TypeVar("Value")
SERIES = "code_tables"
_COUNTER = table("counter", column("series"), column("value"))
"""The journal, which keeps it, is a room above."""
LARGEST = (1 << 62) - 1
AS_MIGRATED = 0
"""The version of what the migrations wrote and nobody has changed since."""


@dataclass
class _Held(Generic[Row]):
    """Cached rows of one version of the code tables: all of them once all were read, and single ones by id."""

    version: int | None = None
    every: list[Row] | None = None
    by_id: dict[int, Row] = field(default_factory=dict)


class HeldRows(Generic[Row]):
    """The rows that `load` reads, cached by this process until a code table is written.

    The session's first statement tells whether one was. Commands and the scheduler read the rows each time. Rows from
    the reports copy, which may be minutes old, are not cached. `load` takes no argument for all rows (`rows`), and ids
    for a few of many (`own_rows`).
    """

    def __init__(self, load: Callable[..., Iterable[Row]]) -> None:
        self._load = load
        self._held: _Held[Row] = _Held()

    def rows(self) -> list[Row]:
        """All rows, detached from every session. Use `own` before one is changed or its relationships are read."""
        held = self._now_held()
        if held is None or (held.every is None and reading_engine() is not None):
            return list(self._load())
        if held.every is None:
            held.every = [_apart(row) for row in self._load()]
        return held.every

    def own_rows(self, ids: Collection[int]) -> list[Row]:
        """The rows with these ids, as far as they exist, attached to this session."""
        held = self._now_held()
        if held is None:
            return list(self._load(ids))
        missing = [number for number in ids if number not in held.by_id]
        if missing and reading_engine() is not None:
            return list(self._load(ids))
        if missing:
            held.by_id.update({row.id: _apart(row) for row in self._load(missing)})
        return [own(held.by_id[number]) for number in ids if number in held.by_id]

    def _now_held(self) -> _Held[Row] | None:
        """The cached rows of the version this session knows, even if another thread caches newer ones; None without
        a version."""
        version = db.session.info.get(KNOWN_CODE_TABLES)
        held = self._held
        if version is not None and held.version != version:
            held = self._held = _Held(version)
        return None if version is None else held


class HeldValues(Generic[Value]):
    """A value that `find` derives from code tables for a key, cached like their rows.

    A unit of work derives it each time, because it may hold changes that are not flushed.
    """

    def __init__(self, find: Callable[..., Value]) -> None:
        self._find = find
        self._held: tuple[int | None, dict[Any, Value]] = (None, {})

    def of(self, *key: Any) -> Value:
        version = db.session.info.get(KNOWN_CODE_TABLES)
        if version is None or WRITING in db.session.info or reading_engine() is not None:
            return self._find(*key)
        held = self._held
        if held[0] != version:
            held = self._held = (version, {})
        if key not in held[1]:
            held[1][key] = self._find(*key)
        return held[1][key]


def own(row: Row) -> Row:
    """Attach a cached row to this session without a query."""
    return row if row in db.session else db.session.merge(row, load=False)


def code_tables_version() -> ScalarSelect[Any]:
    """SQL for a number that differs after each write of a code table; null before the first write."""
    return select(_COUNTER.c.value).where(_COUNTER.c.series == SERIES).scalar_subquery()


def know_code_tables(version: int | None) -> None:
    """Let this session and the next one of its page use cached rows of this version."""
    db.session.info[KNOWN_CODE_TABLES] = version or AS_MIGRATED


def code_tables_written(session: Session) -> None:
    """Make every process read the code tables again once this is committed, for code that writes past the session."""
    session.info.pop(KNOWN_CODE_TABLES, None)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # random, not counted, so that rows of another database or of a rolled-back transaction never match
    drawn = {"value": secrets.randbelow(LARGEST) + 1}
    session.execute(
        insert(_COUNTER).values(series=SERIES, **drawn).on_conflict_do_update(index_elements=["series"], set_=drawn)
    )


@event.listens_for(RoomSession, "after_flush")
def _see_writes(session: Session, _flush: Any) -> None:
    if any(isinstance(row, CodeTable) for row in (*session.new, *session.dirty, *session.deleted)):
        code_tables_written(session)


def _apart(row: Row) -> Row:
    state = inspect(row)
    copy: Row = state.manager.new_instance()
    for attribute in state.mapper.column_attrs:
        set_committed_value(copy, attribute.key, getattr(row, attribute.key))
    inspect(copy).key = state.key
    return copy
