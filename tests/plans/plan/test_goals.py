"""Goals, strategies and steps of a plan, and what its tables refuse."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.plans.plan.conftest import calling, of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.plans.baselines.pages import enter_survey, freeze
from wss_cases.plans.measures import Direction
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import MemberGroup, PlanMember
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.goals.pages import add_goal, add_step, change_goal, remove_goal, remove_strategy
from wss_cases.plans.plan.templates import Component

MEASURED = {
    "component": Component.TRUST, "statement": "More harm is repaired", "measure": "repaired",
    "direction": Direction.UP, "target": 80.0, "target_by": date(2027, 6, 1), "why_not_measured": "",
}  # fmt: skip
NOT_MEASURED = {"measure": "", "direction": None, "target": None, "target_by": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"measure": ""}, "measure"),
        (NOT_MEASURED, "measure"),
        ({"measure": "circles"}, "measure"),
        ({"measure": "nothing"}, "measure"),
        ({"direction": None}, "direction"),
        ({"target": None}, "target"),
        ({"target": -1.0}, "target"),
        ({"target": float("nan")}, "target"),
        ({"target_by": None}, "target_by"),
        ({"target_by": date(2027, 9, 1)}, "target_by"),
    ],
)
def test_a_goal_is_measurable_or_says_why_not(call, plan, change, field):
    with pytest.raises(Refused) as refused:
        add_goal(call, plan.id, **(MEASURED | change))
    assert refused.value.field == field
    assert db.session.scalar(select(PlanGoal.id)) is None


def test_one_that_cannot_be_measured_says_why(call, plan):
    add_goal(call, plan.id, **(MEASURED | NOT_MEASURED | {"why_not_measured": "Nobody counts it."}))
    assert db.session.scalars(select(PlanGoal.why_not_measured)).all() == ["Nobody counts it."]


def test_a_goal_a_strategy_and_a_step_are_written_on_pages(school, principal, plan, client_as):
    client, home = client_as(principal), f"/safety-plans/{plan.id}/goals"
    goal = {"component": "trust", "statement": "More harm is repaired", "measure": "repaired", "direction": "up"}
    late = {"target": "80", "target_by": "2027-06-01"}
    assert client.submit(f"{home}/new?component=trust", goal | late).status_code == 303
    goal_id = db.session.scalar(select(PlanGoal.id))
    words = {"if_words": "every class holds a circle", "then_words": "students know each other", "leads_to": "repair"}
    strategy = words | {"owner": str(principal.id)}
    assert client.submit(f"/safety-plans/goals/{goal_id}/strategies/new", strategy).status_code == 303
    strategy_id = db.session.scalar(select(PlanStrategy.id))
    new_step = f"/safety-plans/strategies/{strategy_id}/steps/new"
    step = {"text": "Train keepers", "due_on": "2026-12-15", "evidence_required": "List of the trained"}
    assert client.submit(new_step, step | {"due_on": "2030-12-15"}).status_code == 400
    assert client.submit(new_step, step).status_code == 303
    shown = client.page(home).text
    for said in ("More harm is repaired", "→ target up to 80 by", "If we", "Train keepers", "List of the trained"):
        assert said in shown
    assert "baseline not frozen yet → now" in client.page(f"/safety-plans/{plan.id}").text


def test_what_two_people_write_of_a_goal_stands_side_by_side(principal, plan, client_as):
    goal = PlanGoalFactory(**of(plan))
    client, url = client_as(principal), f"/safety-plans/goals/{goal.id}"
    opened = {name: held[0] for name, held in client.form(url, "statement").values().items() if held}
    assert client.submit(url, {"statement": "Theirs, saved first"}, holding="statement").status_code == 303
    both = client.post(url, data=opened | {"statement": "Mine, saved second"})
    assert both.status_code == 409
    assert "Theirs, saved first" in both.text and "Mine, saved second" in both.text
    assert fresh(goal).statement == "Theirs, saved first"


def test_a_changed_measure_loses_its_baseline_and_the_same_one_keeps_it(principal, plan, client_as, session):
    taken = {"period_from": date(2025, 8, 1), "period_to": date(2026, 6, 1), "taken_at": plan.started_at}
    frozen = PlanBaseline(measure="incidents", numerator=450, denominator=900, **taken, **of(plan))
    db.session.add(frozen)
    db.session.flush()
    goal = PlanGoalFactory(baseline_id=frozen.id, **of(plan))
    client, url = client_as(principal), f"/safety-plans/goals/{goal.id}"
    client.submit(url, {"statement": "Other words"}, holding="statement")
    assert fresh(goal).baseline_id is not None
    client.submit(url, {"measure": "repaired", "direction": "up"}, holding="statement")
    assert (fresh(goal).measure, fresh(goal).baseline_id) == ("repaired", None)


def test_a_goal_takes_the_latest_baseline_that_is_frozen_for_its_measure(call, plan, session):
    for year, measure in ((2023, "repaired"), (2025, "repaired"), (2024, "repaired"), (2025, "incidents")):
        days = {"period_from": date(year, 8, 1), "period_to": date(year + 1, 6, 1), "taken_at": plan.started_at}
        db.session.add(PlanBaseline(measure=measure, numerator=1, denominator=9, **days, **of(plan)))
    db.session.commit()
    goal = db.session.get_one(PlanGoal, add_goal(call, plan.id, **MEASURED))
    assert goal.baseline_id is not None
    taken = db.session.get_one(PlanBaseline, goal.baseline_id)
    assert (taken.measure, taken.period_from) == ("repaired", date(2025, 8, 1))
    add_goal(call, plan.id, **(MEASURED | NOT_MEASURED | {"why_not_measured": "Nobody counts it."}))
    assert db.session.scalars(select(PlanGoal.baseline_id).order_by(PlanGoal.id)).all() == [taken.id, None]


@pytest.mark.parametrize("state", [PlanState.IN_FORCE, PlanState.REVIEWED])
def test_in_force_goals_stay_and_strategies_go_on(school, principal, client_as, at, state):
    at("2026-11-24 10:00")
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, standing=True, state=state)
    goal, call = PlanGoalFactory(measure="repaired", target=80.0, **of(plan)), calling(principal)
    for change in ({"measure": "incidents"}, {"target": 70.0}, {"statement": "Some harm is repaired"}):
        with pytest.raises(Refused, match="stay as the council approved"):
            change_goal(call, goal.id, **(MEASURED | change))
    for act in (lambda: remove_goal(call, goal.id), lambda: add_goal(call, plan.id, **MEASURED)):
        with pytest.raises(Refused, match="stay as the council approved"):
            act()
    freeze(call, plan.id, measures=["repaired"], year="2026-27")
    enter_survey(call, plan.id, instrument="5Essentials", scale="Trust", value=58, year="2026-27")
    assert (fresh(goal).baseline_id, goal.survey_value_id, goal.target, goal.measure) == (None, None, 80.0, "repaired")
    client, home = client_as(principal), f"/safety-plans/{plan.id}/goals"
    shown = client.page(home).text
    assert "stay as the council approved them" in shown and "Copy forward to a new plan" in shown
    assert "Change goal" not in shown and "Add a goal" not in shown and "Add a strategy" in shown
    words = {"if_words": "every class holds a circle", "then_words": "students talk", "leads_to": "repair"}
    assert client.submit(f"/safety-plans/goals/{goal.id}/strategies/new", words).status_code == 303
    sent = client.submit(f"/safety-plans/goals/{goal.id}", {"statement": "Something else"}, holding="statement")
    assert sent.status_code == 400 and "Something else" in sent.text and "is in force" in sent.text


def test_parts_are_removed_from_below_and_stay_in_their_tables(call, plan):
    goal = PlanGoalFactory(**of(plan))
    strategy = PlanStrategyFactory(goal_id=goal.id, **of(plan))
    step = PlanStepFactory(strategy_id=strategy.id, **of(plan))
    for act, part in ((remove_goal, goal), (remove_strategy, strategy)):
        with pytest.raises(Refused, match="Remove its"):
            act(call, part.id)
    fresh(step).removed_on = date(2026, 11, 24)
    db.session.commit()
    remove_strategy(call, strategy.id)
    remove_goal(call, goal.id)
    assert fresh(goal).removed_on == date(2026, 11, 24) and db.session.scalar(select(PlanStep.id)) == step.id


def test_a_step_is_owned_by_somebody_of_the_school(call, plan):
    strategy = PlanStrategyFactory(goal_id=PlanGoalFactory(**of(plan)).id, **of(plan))
    stranger = make_user(Role.DEAN, SchoolFactory())
    with pytest.raises(Refused) as refused:
        add_step(
            call, strategy.id, text="Train", owner=stranger.id, due_on=date(2026, 12, 1), evidence_required="A list"
        )
    assert refused.value.field == "owner"


@pytest.fixture
def standing(session: Any) -> SchoolPlan:
    """A plan in force."""
    school = SchoolFactory()
    return SchoolPlanFactory(school_id=school.id, lead_id=make_user(Role.ADMINISTRATOR, school).id, standing=True)


def refuses(name: str, row: Any) -> None:
    """Fail unless the database refuses a row by the constraint of this name."""
    with pytest.raises(IntegrityError, match=name), db.session.begin_nested():
        db.session.add(row)


@pytest.mark.both_databases
def test_one_plan_of_a_school_stands(standing: SchoolPlan) -> None:
    same = {"school_id": standing.school_id, "lead_id": standing.lead_id, "standing": True}
    for state in (PlanState.IN_FORCE, PlanState.REVIEWED):
        second = SchoolPlanFactory.build(**same, state=state, first_year="2027-28")
        refuses(r"uq_school_plan_standing|school_plan\.school_id", second)
    SchoolPlanFactory(school_id=standing.school_id, first_year="2027-28")


@pytest.mark.both_databases
@pytest.mark.parametrize("missing", ["council_approved_on", "in_force_on"])
def test_no_plan_is_in_force_without_the_council(standing: SchoolPlan, missing: str) -> None:
    elsewhere = {"school_id": SchoolFactory().id, "lead_id": standing.lead_id, "standing": True}
    name = {"council_approved_on": "needs_approval", "in_force_on": "ck_school_plan_in_force"}[missing]
    refuses(name, SchoolPlanFactory.build(**elsewhere, **{missing: None}))


@pytest.mark.both_databases
def test_students_sit_on_a_committee_without_names(standing: SchoolPlan) -> None:
    of_plan = {"school_id": standing.school_id, "plan_id": standing.id, "starts_on": date(2026, 9, 1)}
    for named in ({"name": "Ana"}, {"organization": "Ana's club"}, {"named_yes_on": date(2026, 9, 1)}):
        refuses("no_student_named", PlanMember(member_group=MemberGroup.STUDENT, **named, **of_plan))
    refuses("somebody", PlanMember(member_group=MemberGroup.PARENT, **of_plan))
    db.session.add(PlanMember(member_group=MemberGroup.STUDENT, people=6, **of_plan))
    db.session.flush()


@pytest.mark.both_databases
@pytest.mark.parametrize("missing", ["measure", "direction", "target", "target_by"])
def test_the_database_wants_a_goal_measurable_or_a_reason(standing: SchoolPlan, missing: str) -> None:
    of_plan = {"school_id": standing.school_id, "plan_id": standing.id}
    half = {missing: "" if missing == "measure" else None}
    refuses("measurable", PlanGoalFactory.build(**of_plan, **half))
    PlanGoalFactory(**of_plan, **half, why_not_measured="Nobody counts this yet.")
