"""Whole numbers of the database, ids among them: `column == None` matches no row instead of those without a number.

SQLAlchemy turns it into IS NULL. Where the value was an id that the caller did not have, that matched the rows of
other people: a report without a case listed the follow-ups of every report without a case.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam
from sqlalchemy.sql.operators import OperatorType, eq


class StrictInteger(BigInteger):
    """A whole number whose column equals no missing value; rows without a number are found with `is_(None)` alone."""

    class Comparator(BigInteger.Comparator[int]):
        """Compares as every integer does, but for `== None`."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Return the comparison; one with None becomes `column = NULL`, which also its negation does not match."""
            if op is eq and other and other[0] is None:
                other = (bindparam(None, None, type_=self.type),)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator
