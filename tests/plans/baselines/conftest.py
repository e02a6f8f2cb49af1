"""A plan that is written at a school with reports of last year."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.roster import EnrolmentFactory, StudentFactory
from tests.plans.baselines.making import reports
from tests.plans.making import Planning, make_plan
from wss_cases.plans.plan.core.models import PlanState


@pytest.fixture
def here(session: Any, at: Any) -> Planning:
    """A draft, and twelve reports of last year at its school of twenty students."""
    at("2026-11-24 10:00")
    made = make_plan(state=PlanState.DRAFT)
    for _ in range(20):
        student = StudentFactory(school=made.place.school)
        EnrolmentFactory(student=student, starts_on=date(2025, 8, 1))
    reports(made, 12)
    return made
