"""Numbers of a series, handed out one after the other: alone, or with the audit row of what is counted beside it."""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wss_cases.foundation.db import table_of
from wss_cases.journal.models import AuditEntry, Counter

NOTED = ("at", "actor_id", "action", "object_type", "object_id", "changes", "request_id")


def insert_of(session: Session) -> Any:
    """Return what makes an insert of this database, which can say what becomes of a row that stands already."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


@cache
def one_more(insert: Any) -> Any:
    """Return the statement that takes the next number of a `series`; `value` is the first."""
    counter = table_of(Counter)
    counted = insert(counter).on_conflict_do_update(
        index_elements=[counter.c.series], set_={"value": counter.c.value + 1}
    )
    return counted.returning(counter.c.value)


@cache
def one_more_noted() -> Any:
    """Return the same for PostgreSQL, of the series `counting`, which writes an audit row in the same statement while
    the number is at most `most`."""
    audit = table_of(AuditEntry)
    counted = one_more(postgresql.insert).values(series=bindparam("counting"), value=1).cte("counted")
    row = select(*(bindparam(name, type_=audit.c[name].type) for name in NOTED)).select_from(counted)
    noted = postgresql.insert(audit).from_select(list(NOTED), row.where(counted.c.value <= bindparam("most")))
    return select(counted.c.value).add_cte(noted.cte("noted"))
