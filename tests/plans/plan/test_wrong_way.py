"""A plan whose goal points the wrong way, and one without a direction: what each page, print and file says."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh, put
from tests.factories.incidents import make_incident
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.factories.roster import EnrolmentFactory, StudentFactory
from tests.plans.plan.conftest import fill, of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.plans.baselines.pages import freeze
from wss_cases.plans.measures import Direction
from wss_cases.plans.overview import overview_rows
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.goals.pages import add_goal, change_goal
from wss_cases.plans.plan.progress import Rating, ReviewKind, move_plan
from wss_cases.plans.plan.templates import Component, questions_of
from wss_cases.plans.review import goals_of, rate_goal, start_review
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind

GOAL = {
    "component": Component.TRUST, "statement": "Fewer suspensions", "measure": "suspensions",
    "direction": Direction.DOWN, "target": 8.0, "target_by": date(2027, 6, 1), "why_not_measured": "",
}  # fmt: skip
WHY = "The school takes in two programs."
WRONG = f"This goal points the wrong way. Reason: {WHY}"
NONE = "This measure has no better direction: incidents also fall when people stop reporting."


def frozen(plan: Any, measure: str = "suspensions", numerator: float = 30, denominator: float = 300) -> PlanBaseline:
    """A baseline of last year, for suspensions 10 per 100 students."""
    year = {"period_from": date(2025, 8, 1), "period_to": date(2026, 7, 31), "taken_at": plan.started_at}
    row = PlanBaseline(measure=measure, numerator=numerator, denominator=denominator, **year, **of(plan))
    db.session.add(row)
    db.session.commit()
    return row


@pytest.mark.parametrize("change", [{"target": 12.0}, {"direction": Direction.UP, "target": 12.0}, {"target": 10.0}])
def test_it_is_refused_until_it_says_a_reason(call: Any, plan: Any, change: dict[str, Any]) -> None:
    frozen(plan)
    with pytest.raises(
        Refused, match=r"Lower is better\. The baseline is 10\. This goal points the wrong way"
    ) as refused:
        add_goal(call, plan.id, **(GOAL | change))
    assert refused.value.field == "why_backward" and db.session.scalar(select(PlanGoal.id)) is None
    goal_id = add_goal(call, plan.id, **(GOAL | change), why_backward=WHY)
    assert db.session.get_one(PlanGoal, goal_id).why_backward == WHY
    right = db.session.get_one(PlanGoal, add_goal(call, plan.id, **GOAL))
    with pytest.raises(Refused, match="points the wrong way"):
        change_goal(call, right.id, **(GOAL | change))
    assert fresh(right).target == 8.0


def test_a_baseline_that_comes_later_keeps_the_plan_from_the_vote(
    school: Any, principal: Any, call: Any, plan: Any, client_as: Any
) -> None:
    fill(plan, principal)
    goal = db.session.get_one(PlanGoal, add_goal(call, plan.id, **(GOAL | {"measure": "incidents", "target": 50.0})))
    move_plan(call, plan.id, PlanState.COMMITTEE)
    student = StudentFactory(school=school)
    EnrolmentFactory(student=student)
    make_incident(school, [student], local_date=date(2026, 10, 6))
    freeze(call, plan.id, measures=["incidents"], year="2026-27")
    assert fresh(goal).baseline_id is not None
    with pytest.raises(Refused, match="A goal points the wrong way, and no reason is given"):
        move_plan(call, plan.id, PlanState.COUNCIL_VOTE)
    shown = client_as(principal).get(f"/safety-plans/{plan.id}").text
    assert f'<a href="/safety-plans/{plan.id}/goals">A goal points the wrong way, and no reason is given.</a>' in shown
    change_goal(call, goal.id, **(GOAL | {"measure": "incidents", "target": 50.0}), why_backward=WHY)
    move_plan(call, plan.id, PlanState.COUNCIL_VOTE)


@pytest.fixture
def standing(school: Any, principal: Any) -> Any:
    """A plan in force whose two goals are a backward one on suspensions and one on incidents."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, standing=True)
    back, incidents = frozen(plan), frozen(plan, "incidents", 600, 12_000)
    wrong = {"measure": "suspensions", "target": 12.0, "why_backward": WHY, "baseline_id": back.id}
    PlanGoalFactory(**wrong, statement="Fewer suspensions", **of(plan))
    PlanGoalFactory(target=4.0, baseline_id=incidents.id, statement="Fewer incidents", **of(plan))
    EnrolmentFactory(student=StudentFactory(school=school))
    db.session.commit()
    return plan


def test_every_page_and_print_says_it_beside_baseline_now_and_target(
    principal: Any, standing: Any, client_as: Any
) -> None:
    client, home = client_as(principal), f"/safety-plans/{standing.id}"
    lines = (
        "Out-of-school suspensions, per 100 students: baseline 10 (2025-26) → now 0 (2026-27 so far) → target down to "
        "12 by Tue, Jun 1, 2027",
        "baseline 5 (2025-26) → now 0 (2026-27 so far) → target down to 4 by",
    )
    for path in (home, f"{home}/goals", f"{home}/print"):
        told = " ".join(client.page(path).text.split())
        for words in (*lines, WRONG, NONE):
            assert words in told, f"{path}: {words}"
        assert "Target reached" not in told and "On track" not in told, path
    money = " ".join(client.page(f"{home}/money").text.split())
    assert WRONG in money and NONE in money and "Target down to 12 by" in money
    spanish = " ".join(client.page(f"{home}/print?language=es").text.split())
    assert "punto de partida 10 (2025-26) → ahora 0 (2026-27 hasta ahora) → objetivo: bajar a 12" in spanish
    assert f"Esta meta va en sentido contrario. Razón: {WHY}" in spanish


def test_the_form_says_of_each_measure_which_way_is_better(principal: Any, plan: Any, client_as: Any) -> None:
    frozen(plan)
    told = " ".join(client_as(principal).page(f"/safety-plans/{plan.id}/goals/new").text.split())
    assert "Out-of-school suspensions, per 100 students Lower is better. Baseline 10 (2025-26) → now" in told
    assert f"Incidents, per 100 students per school day {NONE}" in told
    goal = PlanGoalFactory(measure="suspensions", target=8.0, **of(plan))
    form = " ".join(client_as(principal).page(f"/safety-plans/goals/{goal.id}").text.split())
    assert "baseline not frozen yet → now nothing to count (2026-27 so far) → target down to 8" in form


def test_a_review_calls_neither_reached_and_a_rating_above_the_figures_wants_words(
    school: Any, principal: Any, standing: Any, call: Any, client_as: Any
) -> None:
    rising = frozen(standing, "repaired", 30, 50)
    PlanGoalFactory(
        measure="repaired", direction=Direction.UP, target=80.0, baseline_id=rising.id, component=Component.EMOTIONAL,
        **of(standing),
    )  # fmt: skip
    review_id = start_review(call, standing.id, kind=ReviewKind.MID_YEAR, held_on=date(2026, 11, 24))
    rows = {goal.measure: row for row, goal in goals_of(review_id)}
    row = fresh(rows["repaired"])
    row.now_numerator, row.now_denominator = 20.0, 50.0
    db.session.commit()
    with pytest.raises(Refused, match="By its figures this goal stands at: Worse than the baseline") as refused:
        rate_goal(call, row.id, rating=Rating.MET, what_changes=" ")
    assert refused.value.field == "what_changes"
    rate_goal(call, row.id, rating=Rating.ON_TRACK, what_changes="The new keepers begin in January.")
    told = " ".join(client_as(principal).page(f"/safety-plan-reviews/{review_id}").text.split())
    assert "By the figures: Worse than the baseline" in told and WRONG in told and NONE in told
    assert "Target reached" not in told


def test_what_grows_through_the_year_says_how_much_of_it_is_over(
    school: Any, principal: Any, standing: Any, client_as: Any
) -> None:
    last = date(2027, 7, 31)
    put(CalendarDay(school_year="2026-27", school_id=school.id, day=last, kind=DayKind.CLOSED))
    db.session.commit()
    told = " ".join(client_as(principal).page(f"/safety-plans/{standing.id}").text.split())
    assert re.search(r"now 0 \(2026-27 so far, \d+ of \d+ school days\) → target down to 12", told)


def test_the_district_sees_how_many_goals_of_each_school_point_the_wrong_way(standing: Any) -> None:
    (row,) = overview_rows(acting(make_user(Role.DISTRICT)), date(2026, 11, 24))
    assert row.counts["backward"] == 1


def test_the_print_hides_what_is_too_small_to_leave_the_school(principal: Any, plan: Any, client_as: Any) -> None:
    goal = PlanGoalFactory(measure="suspensions", target=1.0, **of(plan))
    goal.baseline_id = frozen(plan, numerator=6).id
    db.session.commit()
    client = client_as(principal)
    assert "baseline 2 (2025-26)" in client.page(f"/safety-plans/{plan.id}").text
    printed = " ".join(client.page(f"/safety-plans/{plan.id}/print").text.split())
    assert "baseline too few to show (2025-26) → now" in printed and "baseline 2 " not in printed
    district = client_as(make_user(Role.DISTRICT)).page(f"/safety-plans/{plan.id}").text
    assert "baseline too few to show (2025-26)" in district


def test_the_print_counts_and_shows_the_questions_without_an_answer(principal: Any, plan: Any, client_as: Any) -> None:
    client = client_as(principal)
    before = " ".join(client.page(f"/safety-plans/{plan.id}/print").text.split())
    fill(plan, principal)
    after = " ".join(client.page(f"/safety-plans/{plan.id}/print").text.split())
    asked = questions_of(plan.template_id)
    optional = sum(not question.required for question in asked)
    assert f"{len(asked)} questions have no answer yet." in before and before.count("No answer yet.") == len(asked)
    assert f"{optional} questions have no answer yet." in after and after.count("No answer yet.") == optional
    assert "No money is entered for this plan." in after
