"""What the tests of the log's months share: moments, rows, and what is undone again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import text

from tests.support.fixed import day
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit.rules import PURPOSE, Gathering, keyring
from wss_cases.journal.months import Month, seals_in
from wss_cases.journal.unit_of_work import unit_of_work

OLD, LATER = datetime(2014, 3, 31, 23, 30, tzinfo=UTC), datetime(2014, 4, 1, 0, 30, tzinfo=UTC)
"""An hour of two months: what is written in it by people of both is sealed in turn."""
FIRST = datetime(2003, 3, 5, 12, tzinfo=UTC)
NOW = day.machine_now().replace(second=0, microsecond=0)
"""What detaches a month asks the database's own clock, and months are made ahead of that one."""
AHEAD = (NOW.replace(day=1) + timedelta(days=100)).replace(day=1)
PARTS = "SELECT tableoid::regclass::text, count(*) FROM audit_entry GROUP BY 1 ORDER BY 1"
BOUNDS = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'audit_entry_2014_03'"
MARCH, APRIL, OTHERS = (f"wss_months.audit_entry_{name}" for name in ("2014_03", "2014_04", "others"))


def write(moment: datetime, about: int) -> None:
    with unit_of_work(SYSTEM, moment) as uow:
        uow.audit("case.noted", "case_record", about, {"name": ["", "Zoë"]})


def run(statement: str, **values: Any) -> Any:
    return db.session.execute(text(statement), values)


def parts() -> dict[str, int]:
    return {row[0]: row[1] for row in run(PARTS)}


@contextmanager
def undone(session: Any) -> Iterator[None]:
    """What is changed past the system inside the block is as before at its end."""
    session.commit()
    db.session.remove()
    connection: Any = db.session.get_bind()
    savepoint = connection.begin_nested()
    yield
    db.session.remove()
    savepoint.rollback()


def command(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["audit", *words])


def keys() -> dict[str, bytes]:
    return keyring(setting("WSS_KEYS").derived(PURPOSE))


def seals_of(month: Month, session: Any) -> Gathering:
    seals = Gathering()
    for link in seals_in(session, month):
        seals.add(link)
    return seals
