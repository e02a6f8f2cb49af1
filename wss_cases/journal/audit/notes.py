"""What the audit log says of itself: one row that cannot be read hides no other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from wss_cases.journal.models import AuditEntry, AuditSeal


def notes_of(session: Any, acts: Sequence[str]) -> tuple[list[tuple[int, Any]], list[int]]:
    """Return what rows of some acts say of seals, by their numbers, and the numbers of those that cannot be read."""
    said = (
        select(AuditEntry.id, AuditEntry.changes)
        .where(AuditEntry.object_type == AuditSeal.__tablename__, AuditEntry.action.in_(acts))
        .order_by(AuditEntry.id)
    )
    try:
        return [(row[0], row[1]) for row in session.execute(said)], []
    except (ValueError, TypeError):
        return _one_by_one(session, said)


def _one_by_one(session: Any, said: Select[Any]) -> tuple[list[tuple[int, Any]], list[int]]:
    found: list[tuple[int, Any]] = []
    unreadable: list[int] = []
    for number in session.scalars(said.with_only_columns(AuditEntry.id)).all():
        try:
            found += [(number, row[1]) for row in session.execute(said.where(AuditEntry.id == number))]
        except (ValueError, TypeError):
            unreadable.append(number)
    return found, unreadable
