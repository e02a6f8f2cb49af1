"""Reading baselines and values of surveys by what goals point to."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.db import among, db


def rows_by_id(model: Any, ids: Iterable[int | None]) -> dict[int | None, Any]:
    """Return the rows of a table with these ids, None left out; the caller has checked the plan."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(among(model.id, wanted)))}
