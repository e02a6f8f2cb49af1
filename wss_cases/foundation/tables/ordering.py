"""A list sorted by one of its columns and read page by page: the next page begins after the last row's value and id."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, tuple_

BEHIND = 9_999
"""Where codes without a label stand."""


def ranked(column: Any, labels: Mapping[Any, Any]) -> ColumnElement[Any]:
    """Sort a column of codes by their labels in the reader's alphabet."""
    ordered = sorted(labels, key=lambda code: str(labels[code]).casefold())
    return staged(column, ordered)


def staged(column: Any, codes: Any) -> ColumnElement[Any]:
    """Sort a column of codes in this order."""
    places = {code: cast(literal(place), Integer) for place, code in enumerate(codes)}
    return case(places, value=column, else_=cast(literal(BEHIND), Integer)) if places else literal(0)


def worded(column: Any) -> ColumnElement[Any]:
    """Sort a column of text without regard to capitals; empty ones first."""
    return func.lower(func.coalesce(column, ""))


def in_order(
    statement: Select[Any], ids: Any, by: ColumnElement[Any], *, down: bool, limit: int, last: tuple[Any, int] | None
) -> Select[Any]:
    """Up to `limit` rows of a select, sorted by a value that is never null, then by id.

    `last`: the value and id of the row before the first. Sorting by the id alone (`by` is `ids`) uses its index.
    """
    if by is ids:
        if last is not None:
            statement = statement.where(ids < last[1] if down else ids > last[1])
        return statement.order_by(ids.desc() if down else ids).limit(limit)
    if last is not None:
        place, mark = tuple_(by, ids), tuple_(literal(last[0], by.type), literal(last[1]))
        statement = statement.where(place < mark if down else place > mark)
    order = (by.desc(), ids.desc()) if down else (by, ids)
    return statement.order_by(*order).limit(limit)
