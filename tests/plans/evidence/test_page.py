"""What studies found: either sign of each study, with a source, and no claim of this system's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.plans.evidence import STUDIES


def test_each_study_says_what_was_better_what_was_not_and_where_it_is_to_be_read() -> None:
    for study in STUDIES:
        assert study.better and study.not_better, study.place
        assert study.href.startswith("https://") and any(
            year in study.source for year in ("2018", "2019", "2022", "2025")
        )


@pytest.mark.parametrize("role", [Role.DEAN, Role.DISTRICT])
def test_the_page_is_reached_from_plans_and_from_outcomes(session: Any, client_as: Any, role: Role) -> None:
    person = make_user(role, None if role is Role.DISTRICT else SchoolFactory())
    client = client_as(person)
    for start in ("/safety-plans", "/outcomes"):
        assert "/safety-plans/evidence" in client.get(start).text, start
    shown = client.page("/safety-plans/evidence").text
    for words in (
        "15 percent fewer arrests outside of school",
        "achievement became worse",
        "None of them studied this",
    ):
        assert words in shown
