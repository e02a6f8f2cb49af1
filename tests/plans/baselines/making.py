"""What the tests of baselines stand on: a school's reports of last year, and goals that wait."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.accounts import acting
from tests.factories.incidents import make_incident
from tests.factories.roster import StudentFactory
from tests.plans.making import Planning
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.plans.baselines.queries import baselines_of
from wss_cases.plans.plan.baselines import PlanBaseline

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)
ROOM = {"local_date": date(2025, 10, 7), "submitted_at": datetime(2025, 10, 7, 18, tzinfo=UTC)}


def reports(here: Planning, number: int, **more: Any) -> None:
    """Add reports of last year."""
    student = StudentFactory(school=here.place.school)
    for _ in range(number):
        make_incident(here.place.school, [student], state=IncidentState.ROUTED, **(ROOM | more))
    db.session.commit()


def call(here: Planning, part: str = "admin") -> Invocation:
    return Invocation(acting(here.place.people[part]), NOW)


def only(here: Planning) -> PlanBaseline:
    db.session.expire_all()
    (row,) = baselines_of(here.plan.id)
    return row


def wait_for_a_survey(here: Planning) -> list[int]:
    """Let each goal wait for a value of a survey; returns their ids."""
    for goal in here.goals.values():
        goal.measure, goal.baseline_id = "survey", None
    db.session.commit()
    return [goal.id for goal in here.goals.values()]
