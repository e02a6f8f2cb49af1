"""Avoidable notifications never stand alone: what was not confirmed is said beside them, and is in no goal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.factories.safeguards import make_notification
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.plans.measures import AVOIDABLE, Figure, figures, is_too_small, value_words
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview

FIRST, TODAY = date(2026, 8, 1), date(2026, 11, 24)
AT = datetime(2026, 10, 1, 15, tzinfo=UTC)
BESIDE = "Not confirmed, separate: 1 emergency, 0 required by law"


def refused_emergency(school: Any) -> None:
    """A call in an emergency that the second review did not confirm."""
    report = make_incident(school, local_date=date(2026, 10, 1), behavior_group=5)
    made = make_notification(report, NotificationGround.EMERGENCY, report.local_date, AT)
    review = db.session.get_one(PoliceReview, made.review_id)
    review.review_due_on, review.second_approves = date(2026, 10, 2), False
    db.session.commit()


def test_a_figure_says_what_was_not_confirmed_and_does_not_count_it(
    app: Flask, session: Any, at: Any, client_as: Callable[[Any], Any]
) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    refused_emergency(school)
    head = make_user(Role.ADMINISTRATOR, school)
    found = figures(acting(head), school.id, [AVOIDABLE], FIRST, TODAY, TODAY)[AVOIDABLE]
    assert (found.numerator, found.denominator) == (0, 1)
    with app.test_request_context("/"):
        words = value_words(AVOIDABLE, found)
    assert words == f"0 percent of incidents that could lead to one · {BESIDE}"
    assert is_too_small(AVOIDABLE, found, 10) and not is_too_small(AVOIDABLE, found, 0), "one call is a small number"
    client = client_as(head)
    assert BESIDE in client.page("/outcomes/behind/notifications?choice=avoidable").find_all("main")[0].text
    for page in ("/outcomes", "/outcomes/removals"):
        assert BESIDE in client.page(page).find_all("main")[0].text, page


def test_a_frozen_figure_keeps_it_and_one_frozen_before_says_so(app: Flask) -> None:
    row = PlanBaseline(measure=AVOIDABLE, numerator=0, denominator=8, apart=[1, 0])
    with app.test_request_context("/"):
        assert value_words(AVOIDABLE, row.figure).endswith(BESIDE)
        assert value_words(AVOIDABLE, Figure(0, 8)).endswith("is not recorded with this figure")
        assert value_words("suspensions", Figure(0, 8)) == "0 per 100 students"
