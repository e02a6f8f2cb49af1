"""A board's ten questions are answered from the first screen, two clicks away at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.outcomes.board_questions import MOST_CLICKS, QUESTIONS, answer
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db


def test_ten_questions_are_answered_within_two_clicks(
    at: Any, session: Any, client_as: Callable[[Any], PageClient]
) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=40)
    for school, network in zip(made.schools, ("Network 1", "Network 2"), strict=True):
        school.network = network
    db.session.commit()
    client = client_as(make_user(Role.DISTRICT))
    told = [answer(client, question) for question in QUESTIONS]
    assert len(told) == 10 and max(one.clicks for one in told) <= MOST_CLICKS
    assert all(any(letter.isdigit() for letter in one.words) or "Too few" in one.words for one in told)
    with pytest.raises(AssertionError, match="No link"):
        answer(client, replace(QUESTIONS[4], clicks=("Nowhere",)))
