"""The rows themselves, for counting with plain loops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.outcomes.making.small_district import CLOSED, FIRST_DAY, TODAY
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson

YEAR_BEGINS = date(2026, 8, 1)


def rows(model: Any) -> list[Any]:
    """Return every row of a table, nothing joined and nothing grouped."""
    return list(db.session.execute(db.select(model.__table__)))


class Second:
    """The rows of one scope, picked by hand."""

    def __init__(self, school_id: int | None) -> None:
        self.school_id = school_id
        self.incidents = {
            row.id: row
            for row in rows(Incident)
            if self.mine(row.school_id, row.local_date) and row.state.value != "duplicate"
        }
        self.people = [row for row in rows(IncidentPerson) if row.incident_id in self.incidents]

    def mine(self, school_id: int, day: date) -> bool:
        """Whether a row lies in the scope."""
        return self.school_id in (None, school_id) and YEAR_BEGINS <= day <= TODAY

    def acted(self, incident_id: int) -> list[Any]:
        """Return who is reported to have caused harm, or whose part is not settled."""
        roles = ("caused_harm", "both")
        return [p for p in self.people if p.incident_id == incident_id and p.role.value in roles]


def school_days_between(start: date, end: date) -> int:
    """Count school days after a date up to another, one day at a time."""
    day, number = start, 0
    while day < end:
        day += timedelta(days=1)
        number += day.weekday() < 5 and day not in CLOSED and day >= FIRST_DAY
    return number
