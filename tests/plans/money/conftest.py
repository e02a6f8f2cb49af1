"""A school with a plan in force, its people, and the district's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.plan_money import make_strategy
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.plans.plan.goals.models import PlanStrategy
from wss_cases.roster.directory.models import School


@dataclass(frozen=True)
class Scene:
    """Who is there: the school, its administrator, two of the district, and the strategy of the plan in force."""

    school: School
    principal: UserAccount
    district: UserAccount
    other_district: UserAccount
    strategy: PlanStrategy

    def calls(self, user: UserAccount, version: int | None = None) -> Invocation:
        return Invocation(acting(user), clock.now(), version=version)


@pytest.fixture
def scene(session: Any, at: Callable[..., Any]) -> Scene:
    """It is Friday, 20 November 2026."""
    at("2026-11-20 15:00")
    school = SchoolFactory(identifier="609999", name="Cedar Park High School")
    principal = make_user(Role.ADMINISTRATOR, school)
    strategy = make_strategy(school, principal)
    return Scene(school, principal, make_user(Role.DISTRICT), make_user(Role.DISTRICT), strategy)
