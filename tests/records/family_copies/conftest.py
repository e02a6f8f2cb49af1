"""What the tests of copies for families start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.records.family_copies.making import Here
from wss_cases.access.actor import Role


@pytest.fixture
def here(session: Any, at: Callable[..., Any]) -> Here:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    student = StudentFactory(school=school, given_name="Marisol", family_name="Tenorio")
    others = [
        StudentFactory(school=school, given_name="William", family_name="O'Brien"),
        StudentFactory(school=school, given_name="Ximena", family_name="Ñáñez"),
    ]
    guardian = GuardianFactory(name="Rosa Tenorio")
    StudentGuardianFactory(student=student, guardian=guardian)
    incident = make_incident(
        school, [student, *others], narrative="Bill OBrien hit Marisol Tenorio. X.N. and ximena's friend ran."
    )
    people = make_user(Role.COORDINATOR, school), make_user(Role.ADMINISTRATOR, school)
    return Here(school, *people, student, guardian, others, incident)
