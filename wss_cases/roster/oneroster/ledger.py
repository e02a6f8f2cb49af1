"""Batched writes, and the ledger of the last state of each feed row."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ARRAY, bindparam, cast, func, select, true
from sqlalchemy.orm import Session

from wss_cases.foundation.database import insert_rows
from wss_cases.roster.directory.models import ImportedRow
from wss_cases.roster.import_files.report import Counts

BATCH = 5_000
MOST_FOR_ONE = 1_000
Value = TypeVar("Value")
LEDGER: Any = ImportedRow.__table__


def batches(values: Iterable[Value], size: int = BATCH) -> Iterator[list[Value]]:
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def mark(key: str) -> int:
    """A small stand-in for a key, valid within one import, so that two million of them fit in memory."""
    return hash(key)


def digest(text: str) -> str:
    """The stored digest of a row."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def rows_among(
    session: Session, columns: Sequence[Any], fixed: Sequence[Any], column: Any, values: Sequence[Any]
) -> Sequence[Any]:
    """These columns of the rows that meet `fixed` and whose `column` is one of `values`, unordered.

    PostgreSQL has no statistics of rows written in this transaction and would read all of them for each batch; the
    lateral join with its limit makes it use the index for every value.
    """
    if session.get_bind().dialect.name != "postgresql":
        return session.execute(select(*columns).where(*fixed, column.in_(list(values)))).all()
    wanted = func.unnest(cast(list(values), ARRAY(column.type))).table_valued("value").render_derived("wanted")
    rows = select(*columns).where(*fixed, column == wanted.c.value).limit(MOST_FOR_ONE).lateral("found")
    return session.execute(select(*rows.c).select_from(wanted.join(rows, true()))).all()


class Item(NamedTuple):
    """One valid row: its key with its mark, its digest, whether its record is deleted, and the values read."""

    key: str
    mark: int
    digest: str
    deleted: bool
    content: Any


class Ledger:
    """The rows of one file as last imported from one source."""

    def __init__(self, session: Session, source: str, file: str) -> None:
        self._session = session
        self._source = source
        self._file = file
        self.seen: set[int] = set()
        self.ended = 0
        """Rows that were present before, and that this run ended."""
        self._mine = (LEDGER.c.source == source, LEDGER.c.file == file)
        self._is_new = session.scalar(select(LEDGER.c.id).where(*self._mine).limit(1)) is None

    def write(self, items: Sequence[Item], counts: Counts) -> bool:
        """Count each row as created, updated or unchanged and store its state; True when anything changed."""
        known = {} if self._is_new else self._known([item.key for item in items])
        new, changed = [], []
        for item in items:
            row_id, old, was_present = known.get(item.key, (None, "", False))
            if (row_id is None and item.deleted) or (row_id is not None and not was_present and item.deleted):
                counts.unchanged += 1
            elif row_id is None:
                counts.created += 1
                new.append((self._source, self._file, item.key, item.digest, True))
            elif old == item.digest and was_present:
                counts.unchanged += 1
            else:
                counts.updated += 1
                self.ended += was_present and item.deleted
                changed.append({"row_id": row_id, "new_digest": item.digest, "new_present": not item.deleted})
        insert_rows(self._session, LEDGER, _COLUMNS, new)
        if changed:
            self._session.execute(_CHANGE, changed)
        return bool(new or changed)

    def _known(self, keys: list[str]) -> dict[str, tuple[int, str, bool]]:
        columns = (LEDGER.c.sourced_id, LEDGER.c.id, LEDGER.c.digest, LEDGER.c.is_present)
        rows = rows_among(self._session, columns, self._mine, LEDGER.c.sourced_id, keys)
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def number(self) -> int:
        return self._session.scalar(select(func.count()).where(*self._mine, LEDGER.c.is_present)) or 0

    def present(self) -> Iterator[tuple[int, str]]:
        """Yield (id, key) of every row that the last import of this file had, or still has."""
        statement = select(LEDGER.c.id, LEDGER.c.sourced_id).where(*self._mine, LEDGER.c.is_present)
        for row in self._session.execute(statement.execution_options(yield_per=BATCH)):
            yield row[0], row[1]

    def missing(self) -> tuple[list[tuple[int, str]], int]:
        """The stored rows that this import has not read, and how many were stored before it."""
        gone, number = [], 0
        for row_id, key in self.present():
            number += 1
            if mark(key) not in self.seen:
                gone.append((row_id, key))
        return gone, number

    def forget(self, row_ids: Sequence[int]) -> None:
        """Mark these rows as gone."""
        values = [{"row_id": row_id, "new_present": False} for row_id in row_ids]
        for batch in batches(values):
            self._session.execute(_FORGET, batch)


_COLUMNS = ("source", "file", "sourced_id", "digest", "is_present")
_CHANGE = (
    LEDGER.update()
    .where(LEDGER.c.id == bindparam("row_id"))
    .values(digest=bindparam("new_digest"), is_present=bindparam("new_present"))
)
_FORGET = LEDGER.update().where(LEDGER.c.id == bindparam("row_id")).values(is_present=bindparam("new_present"))


def ids_of(session: Session, model: type[Any], source: str) -> dict[str, int]:
    table = model.__table__
    statement = select(table.c.sourced_id, table.c.id).where(table.c.source == source)
    return {row[0]: row[1] for row in session.execute(statement)}
