"""What every factory stands on. A room's factories live in `tests/factories/<room>.py`.

Factories write through the session that the test holds and commit at once: inside `session` that releases a
savepoint, so an action's own unit of work, or a client's request, sees the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from factory.alchemy import SQLAlchemyModelFactory

from wss_cases.foundation.db import db


class Factory(SQLAlchemyModelFactory):
    """Base of every factory; needs an application context (the `session` fixture gives one)."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session()  # noqa: E731 - factory_boy calls it

    @classmethod
    def _save(cls, model: Any, session: Any, args: Any, kwargs: Any) -> Any:
        record = super()._save(model, session, args, kwargs)
        if _commits_later:
            session.flush()
        else:
            session.commit()
        return record


_commits_later = False


@contextmanager
def one_commit() -> Iterator[None]:
    """Inside the block factories only flush, and its end commits: for scenes of hundreds of rows, each of which would
    else be read again after every commit."""
    global _commits_later
    _commits_later = True
    try:
        yield
        db.session.commit()
    finally:
        _commits_later = False


def fresh(record: Any) -> Any:
    """Return the same record as the database has it now, for looking at what an action did."""
    return db.session.get(type(record), record.id, populate_existing=True)
