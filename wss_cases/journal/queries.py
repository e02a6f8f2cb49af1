"""Reading histories. The caller has checked that the actor may see the record."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from wss_cases.foundation.db import db
from wss_cases.journal.models import RequestKey, TimelineEntry


def history(subject_type: str, subject_id: int, limit: int = 100) -> list[TimelineEntry]:
    """The entries of one record, newest first."""
    statement = (
        select(TimelineEntry)
        .where(TimelineEntry.subject_type == subject_type, TimelineEntry.subject_id == subject_id)
        .order_by(TimelineEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def case_history(
    case_id: int, before: int | None = None, limit: int = 50, incidents: Sequence[int] = ()
) -> list[TimelineEntry]:
    """The entries of a case, of its records and of its incidents, newest first. `before` is an entry's id."""
    asked = {"case": case_id, "before": before, "limit": limit, "incidents": incidents}
    statement = _of_case(with_incidents=bool(incidents), on_from=before is not None)
    return list(db.session.scalars(statement, asked))


@cache
def _of_case(*, with_incidents: bool, on_from: bool) -> Any:
    """The select of the entries of a `case` and its `incidents`, older than the entry `before` where given; built
    once."""
    of_case = TimelineEntry.case_id == bindparam("case")
    numbers: Any = bindparam("incidents", expanding=True)
    of_incidents = (TimelineEntry.subject_type == "incident") & TimelineEntry.subject_id.in_(numbers)
    statement = select(TimelineEntry).where(of_case | of_incidents if with_incidents else of_case)
    if on_from:
        statement = statement.where(TimelineEntry.id < bindparam("before"))
    return statement.order_by(TimelineEntry.id.desc()).limit(bindparam("limit"))


def last_acts(subjects: Iterable[tuple[str, int]]) -> dict[tuple[str, int], datetime]:
    """When each of these records, (type, id), was last changed, in one query."""
    wanted: dict[str, list[int]] = {}
    for kind, number in subjects:
        wanted.setdefault(kind, []).append(number)
    if not wanted:
        return {}
    entry = TimelineEntry
    statement = (
        select(entry.subject_type, entry.subject_id, func.max(entry.at))
        .where(or_(*((entry.subject_type == kind) & entry.subject_id.in_(ids) for kind, ids in wanted.items())))
        .group_by(entry.subject_type, entry.subject_id)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def key_digest(request_key: str) -> str:
    """The stored digest of a form's key: a key may be any text, its digest fits every database."""
    return hashlib.sha256(request_key.encode("utf-8", "backslashreplace")).hexdigest()


def already_done(user_id: int | None, request_key: str | None) -> bool:
    """Whether this person's form with this key was carried out before."""
    if user_id is None or not request_key:
        return False
    statement = select(RequestKey.id).where(
        RequestKey.user_id == user_id, RequestKey.key == key_digest(request_key), RequestKey.answer.is_not(None)
    )
    return db.session.scalar(statement) is not None
