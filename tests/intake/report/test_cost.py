"""What saving a report asks of the database: one statement for each table that it writes, and few besides."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.pages.asked import asked
from wss_cases.access.actor import Role

MOST = {"sqlite": 15, "postgresql": 12}
"""PostgreSQL writes by one statement what a unit of work leaves at its end."""
FIGHT = {"danger": "no", "what": "fight"}


@pytest.mark.both_databases
def test_a_save_asks_little_and_no_more_for_more_students(session: Any, client_as: Any, backend: str) -> None:
    school = SchoolFactory()
    client = client_as(make_user(Role.DEAN, school))
    students = [str(StudentFactory(school=school).id) for _number in range(11)]
    costs = []
    # the first finds nothing held by the process yet
    for people, where in ((students[:1], "hallway"), (students[1:3], "cafeteria"), (students[3:], "classroom")):
        form = client.form("/incidents/new", holding="danger")
        data = dict(form.values()) | FIGHT | {"people": people, "where": where}
        with asked() as said:
            answer = client.post("/incidents/new", data=data)
        assert answer.status_code == 303
        costs.append(said)
    _first, two, eight = costs
    assert 8 < len(two) <= MOST[backend], "\n".join(text[:120].replace("\n", " ") for text in two)
    written = Counter(text.split()[2] for text in two if text.startswith("INSERT"))
    assert {table for table, often in written.items() if often > 1} <= {"incident_person"}, written
    # SQLite tells a row's number only one row at a time
    more = len(students) - 5 if backend == "sqlite" else 1
    assert len(eight) <= len(two) + more, "one statement a table, not one a student"
