"""Reading one month of the audit log in its own partition, whether it is attached or about to go."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import MetaData, Table, func, select
from sqlalchemy.orm import Session

from wss_cases.foundation.db import table_of
from wss_cases.journal.audit.detached import ATTACHED, CLOCK, DETACHED
from wss_cases.journal.audit.rules import SEAL_FIELDS
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.months.rules import Month

AT_ONCE = 5000


def rows_in(session: Session, month: Month) -> int:
    """Return how many rows a month has."""
    return session.execute(select(func.count()).select_from(_partition(month))).scalar_one()


def seals_in(session: Session, month: Month) -> Iterator[Any]:
    """Return the seals over a month's rows in the order of the chain."""
    rows = _partition(month)
    columns = [getattr(AuditSeal, name) for name in (*SEAL_FIELDS, "hash")]
    found = select(*columns).join(rows, rows.c.id == AuditSeal.entry_id).order_by(AuditSeal.number)
    yield from session.execute(found.execution_options(yield_per=AT_ONCE)).mappings()


def notes_in(session: Session, month: Month) -> list[Any]:
    """Return what the rows of a month say of months that were detached in it, or put back, and of wrong clocks."""
    rows = _partition(month)
    found = select(rows.c.changes).where(rows.c.action.in_([DETACHED, ATTACHED, CLOCK])).order_by(rows.c.id)
    return list(session.execute(found).scalars())


def _partition(month: Month) -> Table:
    return table_of(AuditEntry).to_metadata(MetaData(), schema="wss_months", name=month.table)
