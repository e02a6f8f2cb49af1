"""The mission as a property: over generated incidents, lived through as people do, no notification exists without an
emergency, a duty or two approvals with a complete form; no duty is missed; nobody is left without a pathway.

`python -m tests.safeguards` is the full proof, over 5,000 incidents on each database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.safeguards.generated.driving import Town, live
from tests.safeguards.generated.judging import problems
from wss_cases.safeguards.police.review.models import PoliceNotification
from wss_cases.safeguards.police.review.states import NotificationGround


@pytest.fixture
def town(session: Any, at: Callable[..., datetime]) -> Town:
    return Town(at("2026-11-24 11:00"))


def test_police_only_as_the_last_resort_no_duty_missed_nobody_left_out(
    town: Town, session: Any, client_as: Callable[[Any], Any]
) -> None:
    live(town, range(90), 10, client_as)
    assert problems(town) == []
    done = {name: town.acts[name] for name in ("emergency", "law", "other", "answer", "record")}
    assert all(done.values()), done
    doors = set(session.scalars(select(PoliceNotification.door)))
    assert doors == set(NotificationGround), doors
    assert all(town.acts[f"{name} tried"] > count for name, count in done.items()), town.acts
