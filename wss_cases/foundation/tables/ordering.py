"""A list in the order of one of its columns, page by page: what comes after a row is told by its value and its id."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, tuple_

BEHIND = 9_999
"""Where codes without a label stand."""


def ranked(column: Any, labels: Mapping[Any, Any]) -> ColumnElement[Any]:
    """Return what sorts a column of codes by their labels, as the reader's alphabet has them."""
    ordered = sorted(labels, key=lambda code: str(labels[code]).casefold())
    return staged(column, ordered)


def staged(column: Any, codes: Any) -> ColumnElement[Any]:
    """Return what sorts a column of codes as they stand here."""
    places = {code: cast(literal(place), Integer) for place, code in enumerate(codes)}
    return case(places, value=column, else_=cast(literal(BEHIND), Integer)) if places else literal(0)


def worded(column: Any) -> ColumnElement[Any]:
    """Return what sorts a column of words without regard to capitals; nothing comes first."""
    return func.lower(func.coalesce(column, ""))


def in_order(
    statement: Select[Any], ids: Any, by: ColumnElement[Any], *, down: bool, limit: int, last: tuple[Any, int] | None
) -> Select[Any]:
    """Return up to `limit` rows of a select by a value that is never null, then by id; behind the row whose value and
    id are `last`, where they are given. By the id alone (`by` is `ids`) its index finds them."""
    if by is ids:
        if last is not None:
            statement = statement.where(ids < last[1] if down else ids > last[1])
        return statement.order_by(ids.desc() if down else ids).limit(limit)
    if last is not None:
        place, mark = tuple_(by, ids), tuple_(literal(last[0], by.type), literal(last[1]))
        statement = statement.where(place < mark if down else place > mark)
    order = (by.desc(), ids.desc()) if down else (by, ids)
    return statement.order_by(*order).limit(limit)
