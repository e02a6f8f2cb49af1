"""Core writes in batches, and the ledger of what each feed row last said."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ARRAY, Table, bindparam, cast, func, select, true
from sqlalchemy.orm import Session

from wss_cases.roster.models import ImportedRow
from wss_cases.roster.oneroster.report import Counts

BATCH = 5_000
MOST_FOR_ONE = 1_000
Value = TypeVar("Value")
LEDGER: Any = ImportedRow.__table__


def batches(values: Iterable[Value], size: int = BATCH) -> Iterator[list[Value]]:
    """Yield lists of at most `size` values."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def mark(key: str) -> int:
    """Return a small stand-in for a key, good within one run, so that two million of them fit in memory."""
    return hash(key)


def digest(text: str) -> str:
    """Return what is remembered of a row."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def rows_among(
    session: Session, columns: Sequence[Any], fixed: Sequence[Any], column: Any, values: Sequence[Any]
) -> Sequence[Any]:
    """Return these columns of the rows that meet `fixed` and whose `column` is one of `values`, unordered.

    PostgreSQL has no statistics of rows that this transaction has just written and would read them all for each batch;
    the lateral join with its limit makes it look every value up in the index.
    """
    if session.get_bind().dialect.name != "postgresql":
        return session.execute(select(*columns).where(*fixed, column.in_(list(values)))).all()
    wanted = (
        func.unnest(cast(list(values), ARRAY(column.type))).table_valued("value").render_derived("wanted")
    )
    found = select(*columns).where(*fixed, column == wanted.c.value).limit(MOST_FOR_ONE).lateral("found")
    return session.execute(select(*found.c).select_from(wanted.join(found, true()))).all()


@dataclass(frozen=True)
class Item:
    """One sound row: its key, its digest, whether it says that its record is gone, and what was read from it."""

    key: str
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

    def write(self, items: Sequence[Item], counts: Counts) -> bool:
        """Count each row as created, updated or unchanged and remember it; True when anything changed."""
        known = self._known([item.key for item in items])
        new, changed = [], []
        for item in items:
            row_id, old, was_present = known.get(item.key, (None, "", False))
            if (row_id is None and item.deleted) or (row_id is not None and not was_present and item.deleted):
                counts.unchanged += 1
            elif row_id is None:
                counts.created += 1
                new.append(self._row(item))
            elif old == item.digest and was_present:
                counts.unchanged += 1
            else:
                counts.updated += 1
                changed.append({"row_id": row_id, "new_digest": item.digest, "new_present": not item.deleted})
        if new:
            self._session.execute(LEDGER.insert(), new)
        if changed:
            self._session.execute(_CHANGE, changed)
        return bool(new or changed)

    def _row(self, item: Item) -> dict[str, Any]:
        return {
            "source": self._source,
            "file": self._file,
            "sourced_id": item.key,
            "digest": item.digest,
            "is_present": True,
        }

    def _known(self, keys: list[str]) -> dict[str, tuple[int, str, bool]]:
        columns = (LEDGER.c.sourced_id, LEDGER.c.id, LEDGER.c.digest, LEDGER.c.is_present)
        fixed = (LEDGER.c.source == self._source, LEDGER.c.file == self._file)
        found = rows_among(self._session, columns, fixed, LEDGER.c.sourced_id, keys)
        return {row[0]: (row[1], row[2], row[3]) for row in found}

    def present(self) -> Iterator[tuple[int, str]]:
        """Yield (id, key) of every row that the last import of this file had, or still has."""
        statement = select(LEDGER.c.id, LEDGER.c.sourced_id).where(
            LEDGER.c.source == self._source, LEDGER.c.file == self._file, LEDGER.c.is_present
        )
        for row in self._session.execute(statement.execution_options(yield_per=BATCH)):
            yield row[0], row[1]

    def missing(self) -> tuple[list[tuple[int, str]], int]:
        """Return the remembered rows that this run has not seen, and how many were remembered before it."""
        gone, number = [], 0
        for row_id, key in self.present():
            number += 1
            if mark(key) not in self.seen:
                gone.append((row_id, key))
        return gone, number

    def forget(self, row_ids: Sequence[int]) -> None:
        """Remember that these rows are gone."""
        values = [{"row_id": row_id, "new_present": False} for row_id in row_ids]
        for batch in batches(values):
            self._session.execute(_FORGET, batch)


_CHANGE = (
    LEDGER.update()
    .where(LEDGER.c.id == bindparam("row_id"))
    .values(digest=bindparam("new_digest"), is_present=bindparam("new_present"))
)
_FORGET = (
    LEDGER.update().where(LEDGER.c.id == bindparam("row_id")).values(is_present=bindparam("new_present"))
)


def upsert(
    session: Session, model: type[Any], source: str, rows: Sequence[dict[str, Any]], insert: bool = True
) -> None:
    """Write rows that all have the same columns, `sourced_id` among them, where they differ from what stands.

    Rows that do not stand yet are inserted, or with `insert` False left alone.
    """
    for batch in batches(rows):
        _upsert(session, model.__table__, source, batch, insert)


def _upsert(session: Session, table: Table, source: str, rows: list[dict[str, Any]], insert: bool) -> None:
    columns = [name for name in rows[0] if name != "sourced_id"]
    wanted = (table.c.sourced_id, table.c.id, *(table.c[name] for name in columns))
    keys = [row["sourced_id"] for row in rows]
    found_rows = rows_among(session, wanted, (table.c.source == source,), table.c.sourced_id, keys)
    standing = {row[0]: tuple(row[1:]) for row in found_rows}
    new, changed = [], []
    for row in rows:
        found = standing.get(row["sourced_id"])
        if found is None:
            new.append({**row, "source": source})
        elif found[1:] != tuple(row[name] for name in columns):
            changed.append({"row_id": found[0], **{f"new_{name}": row[name] for name in columns}})
    if new and insert:
        session.execute(table.insert(), new)
    if changed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        if "version" in table.c:
            values["version"] = table.c.version + 1
        session.execute(table.update().where(table.c.id == bindparam("row_id")).values(values), changed)


def ids_of(session: Session, model: type[Any], source: str) -> dict[str, int]:
    """Return the ids of all records of a source by their sourcedId."""
    table = model.__table__
    statement = select(table.c.sourced_id, table.c.id).where(table.c.source == source)
    return {row[0]: row[1] for row in session.execute(statement)}
