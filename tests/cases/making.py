"""A school with its people, an incident and a case, for the tests of cases, pathways and casework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, WhenPrecision
from wss_cases.roster.directory.models import School, Student

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
_numbers = count(1)


def make_user(school: School, role: Role = Role.COORDINATOR, name: str = "") -> UserAccount:
    """Add an active account with one role at one school."""
    number = next(_numbers)
    user = UserAccount(
        email=f"{role.value}{number}@school.example",
        name=name or f"{role.value.title()} {number}",
        created_at=NOW,
        state=AccountState.ACTIVE,
        first_setup=True,
        grants=[RoleGrant(role=role, school_id=school.id, starts_on=date(2026, 8, 1))],
    )
    db.session.add(user)
    db.session.commit()
    return user


def actor_for(user: UserAccount) -> Actor:
    grants = tuple(Grant(role=g.role, school_id=g.school_id, district=g.district) for g in user.grants)
    return Actor(user_id=user.id, name=user.name, grants=grants)


def make_incident(school: School, *people: tuple[Student, PersonRole], **values: Any) -> Incident:
    """Add a routed fight in the hallway with these students."""
    number = next(_numbers) + 5000
    given = {
        "state": IncidentState.ROUTED,
        "submitted_at": NOW,
        "occurred_at": NOW,
        "local_date": TODAY,
        "when_precision": WhenPrecision.EXACT,
        "tile": "fight",
        "location_code": "hallway",
        "danger_now": False,
        "narrative": "Two students pushed each other by the lockers.",
    }
    incident = Incident(school_id=school.id, number=number, reference=f"{school.code}-I-{number}", **(given | values))
    incident.people = [
        IncidentPerson(role=role, kind=PersonKind.STUDENT, student_id=student.id, grade=student.grade)
        for student, role in people
    ]
    db.session.add(incident)
    db.session.commit()
    return incident


@dataclass
class World:
    """One school with a coordinator and an open case from one incident of two students."""

    school: School
    coordinator: UserAccount
    actor: Actor
    incident: Incident
    case: Case
    students: list[Student]
    people: list[CaseParticipant] = field(default_factory=list)


def make_world(**case_values: Any) -> World:
    """Add a whole world of its own."""
    school = SchoolFactory()
    coordinator = make_user(school)
    students = [StudentFactory(school=school), StudentFactory(school=school)]
    parts = [(students[0], PersonRole.CAUSED_HARM), (students[1], PersonRole.HARMED)]
    incident = make_incident(school, *parts)
    case = CaseFactory(school_id=school.id, **({"lead_id": coordinator.id, "location_code": "hallway"} | case_values))
    CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
    people = [
        CaseParticipantFactory(case_id=case.id, student_id=s.id, role=role, incident_person_id=incident.people[i].id)
        for i, (s, role) in enumerate(parts)
    ]
    return World(school, coordinator, actor_for(coordinator), incident, case, students, people)
