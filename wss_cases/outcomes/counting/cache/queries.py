"""Counts that take long: as the scheduler last kept them, where it does, else counted now.

What is kept are the rows of one statement, under a digest of its words and values; so whoever sees other schools, or
another period, never meets them. Only what took longer than KEEP_FROM_MS is kept: a district of some schools is always
counted anew.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from time import perf_counter
from typing import Any

from sqlalchemy import select, types

from wss_cases.foundation import clock
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.outcomes.counting.cache.models import KeptCount

KEEP_FROM_MS = 20
GOOD, SHOWN = "kept_counts", "oldest_kept_count"
"""What a session knows of them."""
AT_ONCE = 5000
"""Rows that a reduced statement holds at a time: there can be hundreds of thousands, and the scheduler is small."""
SHAPE = 2
"""Raised whenever a `reduced` makes other rows of an unchanged statement: what another release kept of it, which may
run beside this one, is not read then."""
Rows = Sequence[Sequence[Any]]
Stream = Iterable[Sequence[Any]]
_KEEPING: ContextVar[list["Kept"] | None] = ContextVar("keeping_counts", default=None)


@dataclass(frozen=True)
class Kept:
    """The rows of one statement that are to be kept, and how long they took."""

    digest: str
    rows: str
    took_ms: int


def rows_of(statement: Any, reduced: Callable[[Stream], Rows] | None = None) -> Rows:
    """Return the rows of a counting statement: kept ones while they are good, else what it finds now.

    `reduced` makes of many rows the few numbers that are wanted, by nothing but them and the statement's own values.
    """
    keeping = _KEEPING.get()
    kept = _kept(statement, reduced is None) if keeping is None else None
    if kept is not None:
        return kept
    began = perf_counter()
    if reduced is None:
        rows: Rows = db.session.execute(statement).all()
    else:
        rows = reduced(db.session.execute(statement, execution_options={"yield_per": AT_ONCE}))
    if keeping is not None:
        took = round((perf_counter() - began) * 1000)
        plain = json.dumps([[_plain(cell) for cell in row] for row in rows])
        keeping.append(Kept(_digest(statement), plain, took))
    return rows


@contextmanager
def keeping() -> Iterator[list[Kept]]:
    """Inside the block every count is made anew, and noted in the list."""
    noted: list[Kept] = []
    token = _KEEPING.set(noted)
    try:
        yield noted
    finally:
        _KEEPING.reset(token)


def made_of_counts(name: str, make: Callable[[], Any]) -> Any:
    """Return what `make` makes of counts, as JSON has it: what was kept of it while that is good, else made now.

    `name` tells it from everything else: what it is of, and each setting and rule that it follows from.
    """
    digest = sha256(f"made of counts: {name}".encode()).hexdigest()
    keeping = _KEEPING.get()
    kept = _stored(digest) if keeping is None else None
    if kept is not None:
        return json.loads(kept)
    began = perf_counter()
    if keeping is None:
        return json.loads(json.dumps(make()))
    # what it is made of may tell of a single child: counted anew too, and noted nowhere
    token = _KEEPING.set([])
    try:
        made = json.dumps(make())
    finally:
        _KEEPING.reset(token)
    keeping.append(Kept(digest, made, round((perf_counter() - began) * 1000)))
    return json.loads(made)


def count_now() -> None:
    """Let this page count everything anew: of one school or network nothing is kept, and looking for it takes time."""
    db.session.info[GOOD] = {}


def oldest_shown() -> datetime | None:
    """Return when the oldest of the kept counts of this page was made; None when none of it was kept."""
    shown: datetime | None = db.session.info.get(SHOWN)
    return shown


def _kept(statement: Any, is_typed: bool) -> Rows | None:
    stored = _stored(_digest(statement)) if _good() else None
    if stored is None:
        return None
    rows: Rows = json.loads(stored)
    if not is_typed:
        return rows
    readers = [_reader(column.type) for column in statement.selected_columns]
    return [[None if cell is None else read(cell) for read, cell in zip(readers, row, strict=True)] for row in rows]


def _stored(digest: str) -> str | None:
    """Return what is kept under a digest, and note for the page how old it is; None when nothing good is."""
    good = _good()
    if digest not in good:
        return None
    stored = db.session.scalar(select(KeptCount.rows).where(KeptCount.digest == digest))
    if stored is not None:
        db.session.info[SHOWN] = min(good[digest], db.session.info.get(SHOWN, good[digest]))
    return stored


def _good() -> dict[str, datetime]:
    """What is kept and still good, looked up once for a page: its session is its own."""
    if GOOD not in db.session.info:
        found = select(KeptCount.digest, KeptCount.counted_at).where(KeptCount.good_until > clock.now())
        db.session.info[GOOD] = {row[0]: row[1] for row in db.session.execute(found)}
    good: dict[str, datetime] = db.session.info[GOOD]
    return good


def _digest(statement: Any) -> str:
    compiled = statement.compile(dialect=db.session.get_bind().dialect)
    values = sorted((name, _in_words(value)) for name, value in compiled.params.items())
    return sha256(f"{SHAPE} {compiled}{values}".encode()).hexdigest()


def _in_words(value: Any) -> str:
    """Say a value as every process says it: the states of a set stand in another order in each."""
    many = isinstance(value, list | tuple | set | frozenset)
    return str(sorted(str(one) for one in value) if many else value)


def _plain(cell: Any) -> Any:
    if isinstance(cell, Enum):
        return cell.value
    if isinstance(cell, Decimal):
        return int(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return how a cell of a column's type is read back."""
    if isinstance(kind, types.Enum) and kind.enum_class is not None:
        return kind.enum_class
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    return date.fromisoformat if isinstance(kind, types.Date) else _as_it_is


def _as_it_is(cell: Any) -> Any:
    return cell
