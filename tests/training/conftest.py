"""A school and another one, with their people, on the morning of a school day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.training.records.pages import record_training
from wss_cases.training.requirements.models import Shape
from wss_cases.training.requirements.pages import add_requirement

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


@dataclass
class Scene:
    """The people of a school, `Willow`, and the administrator of another one."""

    school: Any
    other: Any
    head: Any
    teacher: Any
    coordinator: Any
    stranger: Any
    district: Any

    def call(self, user: Any, now: datetime = NOW) -> Invocation:
        return Invocation(acting(user), now)

    def record(self, user: Any, topic: str = "de_escalation", on: date = date(2026, 9, 1), **more: Any) -> int:
        """Put a training on record, by the school's administrator."""
        given = {"provider": "Peace Center", "hours": "1.5"} | more
        return record_training(
            self.call(self.head), self.school.id, user=user.id, topic=topic, completed_on=on, **given
        )

    def require_people(self, role: Role = Role.REPORTER, months: int = 12, topic: str = "de_escalation") -> int:
        """Ask everyone in a role for a training every so many months."""
        answers = {"topic": topic, "shape": Shape.EVERY_PERSON, "role": role, "months": months, "source": "A policy"}
        return add_requirement(self.call(self.district), **answers, confirmed="yes", starts_on=TODAY)

    def require_minimum(self, minimum: int = 2, topic: str = "circle_keeping") -> int:
        """Ask each school for so many trained people."""
        answers = {"topic": topic, "shape": Shape.SCHOOL_MINIMUM, "minimum": minimum}
        return add_requirement(self.call(self.district), **answers, starts_on=TODAY)


@pytest.fixture
def scene(session: Any, at: Callable[..., Any]) -> Scene:
    """Two schools with their people."""
    at("2026-11-24 10:00")
    school, other = SchoolFactory(name="Willow"), SchoolFactory(name="Elm")
    return Scene(
        school, other, make_user(Role.ADMINISTRATOR, school, name="Ada Stone"),
        make_user(Role.REPORTER, school, name="Tom Teacher", email="tom@district.example"),
        make_user(Role.COORDINATOR, school, name="Cora Coordinator"),
        make_user(Role.ADMINISTRATOR, other), make_user(Role.DISTRICT),
    )  # fmt: skip
