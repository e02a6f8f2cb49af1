"""A school with its team and a submitted report, routed as submitting does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory, behavior_code, make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import School, Student

WALL = "2026-11-24 11:00"
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
LOW, HIGH = 1, 5


class Place:
    """One school with a reporter, a dean, an administrator and a coordinator, and three students.

    Give `school` and `students` to put the team beside what is there already.
    """

    def __init__(self, school: School | None = None, students: list[Student] | None = None) -> None:
        self.school = school or SchoolFactory()
        self.reporter = make_user(Role.REPORTER, self.school, name="Reporter")
        self.dean = make_user(Role.DEAN, self.school, name="Dean One")
        self.administrator = make_user(Role.ADMINISTRATOR, self.school, name="Principal Two")
        self.coordinator = make_user(Role.COORDINATOR, self.school, name="Coordinator Three")
        self.students = students or [StudentFactory(school=self.school) for _number in range(3)]

    def actor(self, who: str = "dean") -> Actor:
        return acting(getattr(self, who))

    def report(self, *parts: tuple[Any, PersonRole], code: str = "fight", now: datetime = NOW, **more: Any) -> Incident:
        """Return a routed report with these people, coded with one behavior ('': not coded yet)."""
        incident = make_incident(self.school, reporter_id=self.reporter.id, submitted_at=now, **more)
        behavior = behavior_code(code) if code else None
        for student, role in parts:
            caused = role in (PersonRole.CAUSED_HARM, PersonRole.BOTH, PersonRole.INVOLVED)
            IncidentPersonFactory(
                incident_id=incident.id,
                student_id=student.id if student else None,
                grade=student.grade if student else None,
                role=role,
                behavior_code_id=behavior.id if behavior is not None and caused else None,
            )
        route(incident, now)
        return fresh(incident)


def route(incident: Incident, now: datetime = NOW) -> None:
    """Route a report again, as completing its details does."""
    with unit_of_work(SYSTEM, now) as uow:
        found = uow.session.get(Incident, incident.id)
        assert found is not None
        route_incident(uow, found)


def set_facts(incident: Incident, **facts: Any) -> Incident:
    """Change what is known of a report and route it again."""
    found = fresh(incident)
    found.facts = {**found.facts, **facts}
    db.session.commit()
    route(found)
    return fresh(found)
