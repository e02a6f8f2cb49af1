"""Statements about many ids, put together once for each database: that takes longer than carrying one out."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement

from wss_cases.foundation.connecting.one_of import IDS, one_of
from wss_cases.foundation.db import db

Narrow = Callable[[Any], ColumnElement[bool]]
"""Says of a column that it is one of the ids; see `among`, which says it of ids that are known."""


class Prepared:
    """A select of what hangs on some ids: `build` is asked for it once for each database, with what narrows it."""

    def __init__(self, build: Callable[[Narrow], Any]) -> None:
        self.build = build
        self._built = cache(lambda dialect: build(partial(one_of, dialect)))

    def rows(self, ids: Iterable[int], **values: Any) -> Any:
        """Return the rows for these ids, with the values of the statement's other parameters."""
        statement = self._built(db.session.get_bind().dialect.name)
        return db.session.execute(statement, {IDS: list(ids), **values})


def among_ids(column: Any) -> ColumnElement[bool]:
    """Return that a column is one of the parameter `ids` of a statement that is put together for this database."""
    return one_of(db.session.get_bind().dialect.name, column)
