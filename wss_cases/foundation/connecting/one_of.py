"""Saying of a column that it is one of many ids, as each database takes many: in the same words, whichever they are."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, func

IDS: Final = "ids"


def one_of(dialect: str, column: Any, ids: Sequence[int] | None = None) -> ColumnElement[bool]:
    """Return that a column is one of these ids, or of those that a statement is given as `ids` when it is carried out.

    On PostgreSQL they are one array: a long list of parameters costs more to write down than to carry out.
    """
    known: dict[str, Any] = {} if ids is None else {"value": list(ids), "unique": True}
    found: ColumnElement[bool]
    if dialect == "postgresql":
        found = column == func.any(bindparam(IDS, type_=ARRAY(BigInteger), **known))
    else:
        found = column.in_(bindparam(IDS, type_=column.type, expanding=True, **known))
    return found
