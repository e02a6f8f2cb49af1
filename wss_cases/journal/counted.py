"""Numbers of a series, given out one after the other: alone, or with an audit row of what is counted."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db, table_of
from wss_cases.journal.models import AuditEntry, Counter

NOTED = ("at", "actor_id", "action", "object_type", "object_id", "changes", "request_id")


def insert_of(session: Session) -> Any:
    """The insert construct of this database, which supports ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


@cache
def one_more(insert: Any) -> Any:
    """A statement that takes the next number of a `series`; `value` is the first."""
    counter = table_of(Counter)
    counted = insert(counter).on_conflict_do_update(
        index_elements=[counter.c.series], set_={"value": counter.c.value + 1}
    )
    return counted.returning(counter.c.value)


def noted(
    actor: Actor, now: datetime, action: str, object_type: str, object_id: int | None, changes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "action": action, "object_type": object_type, "object_id": object_id, "changes": changes,
        "request_id": "", "at": now, "actor_id": actor.user_id,
    }  # fmt: skip


@cache
def _one_more_noted() -> Any:
    audit, counter = table_of(AuditEntry), table_of(Counter)
    below = (counter.c.series == bindparam("counting")) & (counter.c.value < bindparam("most"))
    counted = update(counter).where(below).values(value=counter.c.value + 1).returning(counter.c.value).cte("counted")
    row = select(*(bindparam(name, type_=audit.c[name].type) for name in NOTED)).select_from(counted)
    written = postgresql.insert(audit).from_select(list(NOTED), row)
    return select(counted.c.value).add_cte(written.cte("noted"))


def count_and_note(series: str, most: int, row: dict[str, Any]) -> bool:
    """Count one more in a series and write its audit row in one self-committing statement on the page's session.

    No unit of work is begun. False where nothing was done and a unit must do it: the first of a series, more than
    `most`, a database or page whose statements run in a transaction, and a lost connection.
    """
    session: Any = db.session()
    if not session.stands_alone:
        return False
    try:
        found = session.connection().execute(_one_more_noted(), {**row, "counting": series, "most": most}).first()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        session.rollback()
        return False
    return found is not None
