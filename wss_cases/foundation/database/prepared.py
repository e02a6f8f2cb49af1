"""Statements about many ids, built once for each kind of database, because building takes longer than executing."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement

from wss_cases.foundation.connecting.one_of import IDS, one_of
from wss_cases.foundation.db import db

Narrow = Callable[[Any], ColumnElement[bool]]
"""Says of a column that it is one of the ids; see `among`, which says it of ids that are known."""


class Prepared:
    """A select of what belongs to some ids. `build` makes it once for each database and set of conditions."""

    def __init__(self, build: Callable[[Narrow], Any]) -> None:
        self.build = build
        self._built = cache(lambda dialect: build(partial(one_of, dialect)))

    def rows(self, ids: Iterable[int], **values: Any) -> Any:
        """The rows for these ids and values of the statement's other parameters."""
        statement = self._built(db.session.get_bind().dialect.name)
        return db.session.execute(statement, {IDS: list(ids), **values})


def among_ids(column: Any) -> ColumnElement[bool]:
    """The condition that a column is one of the parameter `ids`, for this database."""
    return one_of(db.session.get_bind().dialect.name, column)
