"""Rows of the roster, written in batches as an import writes them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from wss_cases.foundation.db import Base
from wss_cases.journal.unit_of_work import UnitOfWork


def add_rows(uow: UnitOfWork, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write rows that have the same columns and return their ids in the same order."""
    if not rows:
        return []
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
    return list(uow.session.scalars(statement, list(rows)))
