"""The condition that a column is one of many ids, in the form that suits each database."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, func

IDS: Final = "ids"


def one_of(dialect: str, column: Any, ids: Sequence[int] | None = None) -> ColumnElement[bool]:
    """The condition that a column is one of these ids, or of the statement's parameter `ids`.

    PostgreSQL gets one array, because a long list of parameters is slow to render.
    """
    known: dict[str, Any] = {} if ids is None else {"value": list(ids), "unique": True}
    found: ColumnElement[bool]
    if dialect == "postgresql":
        found = column == func.any(bindparam(IDS, type_=ARRAY(BigInteger), **known))
    else:
        found = column.in_(bindparam(IDS, type_=column.type, expanding=True, **known))
    return found
