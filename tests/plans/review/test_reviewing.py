"""A review comes with then, now and target of every goal; it is rated goal by goal, and closes when all are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh, put
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, StudentFactory
from tests.plans.making import Planning, make_plan
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.plans.measures import Direction
from wss_cases.plans.plan.baselines import PlanBaseline, SurveySource, SurveyValue
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.plan.progress import PlanReview, Rating, ReviewKind
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.review import close_review, goals_of, rate_goal, reviews_of, start_review

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)
MID = ReviewKind.MID_YEAR


@pytest.fixture
def here(session: Any, at: Any) -> Planning:
    """A plan in force: a goal on incidents with its baseline, one on a survey, one that is not measured; twelve
    reports of this year, one of them a year before."""
    at("2026-11-24 10:00")
    made = make_plan()
    students = [StudentFactory(school=made.place.school) for _ in range(20)]
    for student in students:
        EnrolmentFactory(student=student, starts_on=date(2025, 8, 1))
    for day in [date(2026, 9, 8)] * 12 + [date(2025, 9, 8)]:
        submitted = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
        more = {"local_date": day, "submitted_at": submitted, "occurred_at": submitted}
        make_incident(made.place.school, students[:1], state=IncidentState.ROUTED, **more)
    counted, asked, bare = (made.goals[part] for part in Component)
    year = {"period_from": date(2025, 8, 1), "period_to": date(2026, 7, 31)}
    baseline = PlanBaseline(measure="incidents", numerator=40, denominator=4000, taken_at=NOW, **year, **made.of_plan)
    counted.baseline_id, counted.target = put(baseline).id, 0.5
    survey = {"instrument": "5Essentials", "scale": "Trust", "source": SurveySource.ENTERED, "entered_at": NOW}
    old = put(SurveyValue(value=41, school_year="2025-26", **survey, **made.of_plan))
    put(SurveyValue(value=52, school_year="2026-27", **survey, **made.of_plan))
    asked.measure, asked.survey_value_id, asked.direction, asked.target = "survey", old.id, Direction.UP, 50
    bare.measure, bare.direction, bare.target, bare.target_by = "", None, None, None
    bare.why_not_measured = "New here"
    db.session.commit()
    return made


def call(here: Planning, part: str = "admin", version: int | None = None) -> Invocation:
    return Invocation(acting(here.place.people[part]), NOW, version=version)


def started(here: Planning) -> list[Any]:
    """Start the mid-year review; returns its goals by component."""
    review_id = start_review(call(here), here.plan.id, kind=MID, held_on=TODAY)
    db.session.expire_all()
    rows = {goal.component: row for row, goal in goals_of(review_id)}
    return [rows[part] for part in Component]


def test_it_comes_with_then_now_and_target(here: Planning, client_as: Any) -> None:
    counted, asked, bare = started(here)
    assert (counted.then_numerator, counted.then_denominator, counted.target) == (40, 4000, 0.5)
    assert counted.now_numerator == 12 and counted.now_denominator > 20 and not counted.now_suppressed
    assert (asked.then_numerator, asked.now_numerator, asked.target) == (41, 52, 50)
    assert (bare.then_numerator, bare.now_numerator, bare.target) == (None, None, None)
    text = client_as(here.place.people["owner"]).page(f"/safety-plan-reviews/{counted.review_id}").text
    assert "40 incidents of 4,000" in text and "12 incidents of" in text and "1 incidents of" in text
    assert "Not measured: New here" in text and "Target reached" in text
    counted.then_numerator = 3
    db.session.commit()
    outside = client_as(make_user(Role.DISTRICT)).page(f"/safety-plan-reviews/{counted.review_id}").text
    assert "12 incidents of" in outside
    assert " 1 incidents of" not in outside and " 3 incidents of" not in outside, "then and a year ago are small too"


def test_what_was_copied_stays_when_figures_move(here: Planning) -> None:
    counted, _asked, _bare = started(here)
    student = StudentFactory(school=here.place.school)
    make_incident(here.place.school, [student], state=IncidentState.ROUTED, local_date=date(2026, 10, 6))
    goal = here.goals[Component.PHYSICAL]
    goal.target = 3.0
    db.session.commit()
    assert (fresh(counted).now_numerator, fresh(counted).target) == (12, 0.5)


def test_small_figures_are_marked_and_not_shown_outside_the_school(here: Planning, client_as: Any) -> None:
    for incident in db.session.scalars(select(Incident)):
        incident.local_date = date(2025, 9, 8)
    db.session.commit()
    student = StudentFactory(school=here.place.school)
    make_incident(here.place.school, [student], state=IncidentState.ROUTED, local_date=date(2026, 10, 6))
    counted, _asked, _bare = started(here)
    assert (counted.now_numerator, counted.now_suppressed) == (1, True)
    address = f"/safety-plan-reviews/{counted.review_id}"
    assert "Not for release" in client_as(here.place.people["dean"]).page(address).text
    outside = client_as(make_user(Role.DISTRICT)).page(address).text
    assert "Too few to show" in outside and "1 incidents" not in outside


@pytest.mark.parametrize(
    ("kind", "held_on", "field"),
    [
        (None, TODAY, "kind"),
        (MID, None, "held_on"),
        (MID, date(2026, 11, 25), "held_on"),
        (MID, date(2026, 7, 31), "held_on"),
    ],
)
def test_what_cannot_begin_is_refused(here: Planning, kind: Any, held_on: date | None, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        start_review(call(here), here.plan.id, kind=kind, held_on=held_on)
    assert refusal.value.field == field and not reviews_of(here.plan.id)


def test_there_is_one_of_a_kind_a_year_and_only_of_a_plan_in_force(here: Planning) -> None:
    started(here)
    with pytest.raises(Refused, match="already"):
        start_review(call(here), here.plan.id, kind=MID, held_on=date(2026, 10, 6))
    start_review(call(here), here.plan.id, kind=ReviewKind.ANNUAL, held_on=TODAY)
    draft = make_plan(here.place, state=PlanState.DRAFT, first_year="2027-28")
    with pytest.raises(Refused, match="in force"):
        start_review(call(here), draft.plan.id, kind=MID, held_on=TODAY)


def test_it_closes_when_every_goal_is_rated_and_changes_no_more(here: Planning) -> None:
    rows = started(here)
    review = db.session.get_one(PlanReview, rows[0].review_id)
    with pytest.raises(Refused, match="every goal"):
        close_review(call(here), review.id, summary="Good")
    for row, rating in zip(rows, (Rating.MET, Rating.ON_TRACK, Rating.BEHIND), strict=True):
        rate_goal(call(here, "dean"), row.id, rating=rating, what_changes="More time")
    with pytest.raises(Refused) as refusal:
        close_review(call(here), review.id, summary=" ")
    assert refusal.value.field == "summary"
    with pytest.raises(NotFound):
        close_review(call(here, "dean"), review.id, summary="Good")
    close_review(call(here), review.id, summary="Good")
    with pytest.raises(Refused, match="closed"):
        rate_goal(call(here), rows[0].id, rating=Rating.BEHIND, what_changes="x")
    assert fresh(rows[0]).rating is Rating.MET


def test_two_who_rate_one_goal_are_told(here: Planning) -> None:
    row = started(here)[0]
    seen = row.version
    rate_goal(call(here, "dean", seen), row.id, rating=Rating.MET, what_changes="")
    with pytest.raises(Stale):
        rate_goal(call(here, "owner", seen), row.id, rating=Rating.BEHIND, what_changes="More time")
    assert fresh(row).rating is Rating.MET


def test_the_pages_start_rate_and_close_and_keep_what_was_typed(here: Planning, client_as: Any) -> None:
    admin = client_as(here.place.people["admin"])
    begun = admin.submit(f"/safety-plans/{here.plan.id}/reviews/new", {"kind": "mid_year"})
    (review,) = reviews_of(here.plan.id)
    assert (begun.status_code, begun.headers["Location"]) == (303, f"/safety-plan-reviews/{review.id}")
    rows = [row for row, _goal in goals_of(review.id)]
    address = f"/safety-plan-review-goals/{rows[0].id}"
    lacking = admin.submit(address, {"rating": "behind", "what_changes": " "})
    assert lacking.status_code == 400 and "Describe what changes" in lacking.get_data(as_text=True)
    StudentFactory(school=here.place.school, given_name="Zebulon", family_name="Quarterly")
    named = {"rating": "behind", "what_changes": "Zebulon Quarterly gets a mentor"}
    asked = admin.submit(address, named)
    assert asked.status_code == 400 and "No student is named here" in asked.get_data(as_text=True)
    for row in rows:
        kept = {"rating": "behind", "what_changes": "More time for circles"}
        assert admin.submit(f"/safety-plan-review-goals/{row.id}", kept).status_code == 303
    assert "More time for circles" in admin.page(f"/safety-plan-reviews/{review.id}").text
    close = f"/safety-plan-reviews/{review.id}/close"
    assert admin.submit(close, {"summary": "Zebulon Quarterly is behind"}).status_code == 400
    closed = admin.submit(close, {"summary": "Behind, and why"})
    assert closed.status_code == 303
    assert "Mid-year review" in admin.page(f"/safety-plans/{here.plan.id}/reviews").text
    stranger = client_as(make_plan().place.people["admin"])
    for path in (f"/safety-plans/{here.plan.id}/reviews", f"/safety-plan-reviews/{review.id}", address):
        assert stranger.get(path).status_code == 404
