"""Tables that hardly ever change and that every page reads (schools, code lists, rule sets, webhooks).

The process holds their rows until one of them is written: docs/decisions/0047-rows-held-by-the-process.md.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from typing import Any, Generic, TypeVar

from sqlalchemy import ScalarSelect, column, event, inspect, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from wss_cases.foundation.db import KNOWN_CODE_TABLES, CodeTable, RoomSession, db

Row = TypeVar("Row", bound=Any)
SERIES = "code_tables"
_COUNTER = table("counter", column("series"), column("value"))
"""The journal, which keeps it, is a room above."""
LARGEST = (1 << 62) - 1
AS_MIGRATED = 0
"""The version of what the migrations wrote and nobody has changed since."""


class HeldRows(Generic[Row]):
    """The rows that `load` reads, held by this process for as long as no code table was written.

    A request knows from its session's statement whether one was; whatever else runs (commands, the scheduler) reads
    them each time.
    """

    def __init__(self, load: Callable[[], Iterable[Row]]) -> None:
        self._load = load
        self._held: tuple[int | None, list[Row]] = (None, [])

    def rows(self) -> list[Row]:
        """Return the rows to be read. They belong to no session: `own` one before it is changed or related to."""
        version = db.session.info.get(KNOWN_CODE_TABLES)
        if version is None:
            return list(self._load())
        held = self._held
        if held[0] != version:
            held = self._held = version, [_apart(row) for row in self._load()]
        return held[1]


class HeldById(Generic[Row]):
    """The same for a table of which a page reads a row or two: those that were asked for, by id."""

    def __init__(self, load: Callable[[Collection[int]], Iterable[Row]]) -> None:
        self._load = load
        self._held: tuple[int | None, dict[int, Row]] = (None, {})

    def own_rows(self, ids: Collection[int]) -> list[Row]:
        """Return these rows as ones of this session, those that there are."""
        version = db.session.info.get(KNOWN_CODE_TABLES)
        if version is None:
            return list(self._load(ids))
        held = self._held
        if held[0] != version:
            held = self._held = version, {}
        # from here on the rows of this version, whatever another thread holds meanwhile
        rows = held[1]
        missing = [number for number in ids if number not in rows]
        if missing:
            rows.update({row.id: _apart(row) for row in self._load(missing)})
        return [own(rows[number]) for number in ids if number in rows]


def own(row: Row) -> Row:
    """Return a held row as one of this session, without asking the database."""
    return row if row in db.session else db.session.merge(row, load=False)


def code_tables_version() -> ScalarSelect[Any]:
    """Return, in SQL, what is another number after each write of a code table; null where there was none."""
    return select(_COUNTER.c.value).where(_COUNTER.c.series == SERIES).scalar_subquery()


def know_code_tables(version: int | None) -> None:
    """Let this session and the next of its page read held rows, if they are of this version."""
    db.session.info[KNOWN_CODE_TABLES] = version or AS_MIGRATED


def code_tables_written(session: Session) -> None:
    """Let every process read the code tables anew once this is committed: for whoever writes past the session."""
    session.info.pop(KNOWN_CODE_TABLES, None)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # drawn, not counted: what was held of another database, or of a transaction that came to nothing, is never this
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
