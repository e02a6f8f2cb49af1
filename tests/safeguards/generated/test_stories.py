"""The mission as a property: over generated incidents, lived through as people do, no notification exists without an
emergency, a duty or two approvals with a complete form; no duty is missed; nobody is left without a pathway.

`python -m tests.safeguards` does the same with a thousand incidents on each database, or as many as one asks for. The
judges are shown to name what is planted among the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.safeguards.generated.driving import Town, live
from tests.safeguards.generated.judging import problems
from wss_cases.accounts.account.models import UserAccount
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceNotification, PoliceReview

PLANTS = {
    "no danger": update(PoliceReview).where(PoliceReview.door == NotificationGround.EMERGENCY).values(danger=" "),
    "an approval by anybody": update(PoliceReview)
    .where(PoliceReview.door == NotificationGround.OTHER, PoliceReview.first_by_id.is_not(None))
    .values(first_by_id=select(func.min(UserAccount.id)).scalar_subquery()),
    "a duty that is not due": update(LegalDuty.__table__).where(LegalDuty.was_due).values(was_due=False),
    "a forgotten person": update(IncidentPerson.__table__)
    .where(IncidentPerson.role == "witness", IncidentPerson.student_id.is_not(None))
    .values(role="harmed"),
}
PLANTED = {
    "no danger": "an emergency without its danger",
    "an approval by anybody": "it was not approved by the school and by the network",
    "a duty that is not due": "is not due",
    "a forgotten person": "has no pathway",
}


@pytest.fixture
def town(session: Any, at: Callable[..., datetime]) -> Town:
    return Town(at("2026-11-24 11:00"))


def test_police_only_as_the_last_resort_no_duty_missed_nobody_left_out(
    town: Town, session: Any, client_as: Callable[[Any], Any]
) -> None:
    """Takes some seconds: ninety incidents are reported, reviewed and answered, ten of them through the pages."""
    live(town, range(90), 10, client_as)
    assert problems(town) == []
    done = {name: town.acts[name] for name in ("emergency", "law", "other", "answer", "record")}
    assert all(done.values()), done
    doors = set(session.scalars(select(PoliceNotification.door)))
    assert doors == set(NotificationGround), doors
    assert all(town.acts[f"{name} tried"] > count for name, count in done.items()), town.acts
    for statement, words in PLANTED.items():
        session.execute(PLANTS[statement])
        session.expire_all()
        assert [problem for problem in problems(town) if words in problem], statement
