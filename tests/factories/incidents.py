"""Reports and the people in them; make the school, students and users with the other rooms' factories first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, Place, WhenPrecision

OCCURRED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


class IncidentFactory(Factory):
    """A submitted fight in a hallway; give `school_id`, and `reporter_id` where a reporter matters."""

    class Meta:
        model = Incident

    number = factory.Sequence(lambda n: 1000 + n)
    reference = factory.LazyAttribute(lambda o: f"T{o.school_id}-I-{o.number:04d}")
    state = IncidentState.SUBMITTED
    submitted_at = factory.LazyAttribute(lambda o: o.occurred_at)
    occurred_at = OCCURRED
    local_date = date(2026, 11, 24)
    local_minute = 630
    when_precision = WhenPrecision.EXACT
    tile = "fight"
    location_code = "hallway"
    place = Place.ON_GROUNDS
    danger_now = False
    behavior_group = 3
    facts = factory.Dict({})


class IncidentPersonFactory(Factory):
    """Give `incident_id`; a student by default (`student_id`), of kind not identified without one."""

    class Meta:
        model = IncidentPerson

    role = PersonRole.INVOLVED
    kind = factory.LazyAttribute(
        lambda o: PersonKind.STUDENT if getattr(o, "student_id", None) else PersonKind.NOT_IDENTIFIED
    )
    grade = 9
    facts = factory.Dict({})


def behavior_code(code: str, code_set: str = "groups") -> BehaviorCode:
    """Return a code of the seeded catalogue."""
    found = db.session.scalar(
        db.select(BehaviorCode).where(BehaviorCode.code == code, BehaviorCode.code_set == code_set)
    )
    assert found is not None, code
    return found


def make_incident(school: Any, students: Any = (), role: PersonRole = PersonRole.INVOLVED, **more: Any) -> Incident:
    """Return a report at a school with these students in it, each coded as a fight."""
    incident: Incident = IncidentFactory(school_id=school.id, **more)
    code = behavior_code("fight")
    for student in students:
        IncidentPersonFactory(
            incident_id=incident.id, student_id=student.id, grade=student.grade, role=role, behavior_code_id=code.id
        )
    db.session.expire(incident, ["people"])
    return incident
