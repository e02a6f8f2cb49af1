"""What every factory stands on. A room's factories live in `tests/factories/<room>.py`.

Factories write through the session that the test holds and commit at once: inside `session` that releases a
savepoint, so an action's own unit of work, or a client's request, sees the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy import Table, func, select

from wss_cases.foundation.db import Base, db

Made = TypeVar("Made")


class Factory(SQLAlchemyModelFactory):
    """Base of every factory; needs an application context (the `session` fixture gives one)."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session()  # noqa: E731 - factory_boy calls it

    @classmethod
    def _save(cls, model: Any, session: Any, args: Any, kwargs: Any) -> Any:
        record = super()._save(model, session, args, kwargs)
        if _together is not None:
            _together.number(record)
        else:
            session.commit()
        return record


class Together:
    """Rows that are written at once. Each has its number before, so that others can name it."""

    def __init__(self) -> None:
        self._last: dict[Table, int] = {}

    def number(self, record: Any) -> None:
        """Give a record the next id of its table, where it has none."""
        table = record.__table__
        if "id" in table.c and record.id is None:
            if table not in self._last:
                self._last[table] = db.session.scalar(select(func.max(table.c.id))) or 0
            self._last[table] += 1
            record.id = self._last[table]

    def write(self) -> None:
        """Write each table's rows in one go, what others stand on first."""
        waiting = list(db.session.new)
        for record in waiting:
            db.session.expunge(record)
        for table in Base.metadata.sorted_tables:
            db.session.add_all([record for record in waiting if record.__table__ is table])
            db.session.flush()
        if db.session.get_bind().dialect.name == "postgresql":
            for table, last in self._last.items():
                db.session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


_together: Together | None = None


@contextmanager
def one_commit() -> Iterator[None]:
    """Inside the block factories and `put` only note what they make, and its end writes and commits it: for scenes of
    hundreds of rows, each of which would else take a statement and a savepoint of its own."""
    global _together
    _together = Together()
    try:
        with db.session.no_autoflush:
            yield
            _together.write()
        db.session.commit()
    finally:
        _together = None


def put(record: Made) -> Made:
    """Add a record that has no factory, and return it with its id."""
    db.session.add(record)
    if _together is not None:
        _together.number(record)
    else:
        db.session.flush()
    return record


def fresh(record: Any) -> Any:
    return db.session.get(type(record), record.id, populate_existing=True)
