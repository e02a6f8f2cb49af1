"""The bench's district: whatever the demo writes can be multiplied, into a district whose pages open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Table, func, select

from tests.bench.district import SHARED, multiply
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.demo import client_of
from wss_cases.foundation.db import Base, db
from wss_cases.journal.models import Counter
from wss_cases.roster.directory.models import Student

BY_COPY = frozenset({"counter", "role_grant"})
"""Tables of which some rows are the whole district's."""


def count(table: Table) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_district_of_everything_the_demo_writes_is_multiplied(databases: Databases, tmp_path: Path) -> None:
    database = databases.copy(databases.demo("postgresql"))
    app = make_app(database.url, tmp_path)
    tables = [table for table in Base.metadata.sorted_tables if table.name not in SHARED | BY_COPY]
    with app.app_context():
        before = {table.name: count(table) for table in tables}
        student = db.session.scalars(select(Student).order_by(Student.id)).first()
        assert student is not None
        school_id, named = student.school_id, student.shown_name
        db.session.remove()
    multiply(database.url.replace("+psycopg", ""), 2)
    app = make_app(database.url, tmp_path)
    with app.app_context():
        assert {table.name: count(table) for table in tables} == {name: 2 * rows for name, rows in before.items()}
        moved = db.session.get(Student, 2 * student.id)
        assert moved is not None and (moved.school_id, moved.shown_name) == (2 * school_id, named)
        assert db.session.scalar(select(func.count()).where(Counter.series == "mail.sent")) == 1
        db.session.remove()
    assert client_of(app, "dean").get("/incidents").status_code == 200
