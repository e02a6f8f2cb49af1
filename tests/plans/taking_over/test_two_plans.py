"""Two plans of one school: the second one takes the money and the open steps along, after a page that says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plan_money import FundingFactory, ResourceEntryFactory, make_resource
from tests.factories.plans import PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.plans.making import Planning, make_plan
from tests.plans.plan.conftest import fill, of
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceEntry
from wss_cases.plans.overview import overview_rows
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.progress import move_plan
from wss_cases.plans.plan.templates import Component
from wss_cases.plans.steps import record_step

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
APPROVED = {"state": PlanState.APPROVED, "council_approved_on": date(2026, 11, 20), "approved_on": date(2026, 11, 21)}


@pytest.fixture
def first(session: Any, at: Any) -> Planning:
    """A plan in force with $118,430 planned, a step that is done and two that are open."""
    at("2026-11-24 10:00")
    made = make_plan()
    salary = make_resource(made.strategies[Component.PHYSICAL], title="Coordinator", planned_cents=9_200_000)
    make_resource(made.strategies[Component.TRUST], title="Keepers", planned_cents=2_643_000)
    for kind, cents in ((EntryKind.COMMITTED, 9_200_000), (EntryKind.SPENT, 2_300_000)):
        ResourceEntryFactory(school_id=made.plan.school_id, resource_id=salary.id, kind=kind, amount_cents=cents)
    FundingFactory(school_id=made.plan.school_id, source=FundingSource.FORMER_POLICE, amount_cents=16_500_000)
    for text, part in (("Walk the building", Component.PHYSICAL), ("Train keepers", Component.TRUST)):
        made.step(text=text, part=part)
    done = made.step(text="Ask every student", part=Component.EMOTIONAL)
    made.ask()
    asked = db.session.scalars(select(FollowUp).where(FollowUp.plan_step_id == done.id)).one()
    record_step(call(made), asked.id, outcome="done", on_day=NOW.date(), evidence="A list")
    return made


def call(here: Planning) -> Invocation:
    return Invocation(acting(here.place.people["admin"]), NOW)


def approved(here: Planning, **more: Any) -> SchoolPlan:
    """A second plan of the school that the council approved. Its strategy on trust is the first one's, with a step of
    the same words; for physical safety it has a goal of its own and no strategy."""
    lead = here.place.people["admin"]
    values = {"school_id": here.plan.school_id, "lead_id": lead.id, "number": 2, "approved_by_id": lead.id}
    plan = SchoolPlanFactory(**(values | APPROVED | more))
    fill(plan, lead)
    trust = db.session.scalars(
        select(PlanGoal).where(PlanGoal.plan_id == plan.id, PlanGoal.component == Component.TRUST)
    ).one()
    strategy = PlanStrategyFactory(goal_id=trust.id, **of(plan))
    PlanStepFactory(strategy_id=strategy.id, text="Train keepers", due_on=date(2027, 2, 1), **of(plan))
    db.session.commit()
    return plan


def open_steps(here: Planning) -> dict[str, FollowUp]:
    db.session.expire_all()
    rows = db.session.execute(
        select(PlanStep.text, FollowUp)
        .join(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .where(FollowUp.school_id == here.plan.school_id, FollowUp.state == FollowUpState.OPEN)
    )
    return {row[0]: row[1] for row in rows}


def test_a_page_says_what_will_happen_before_it_happens(first: Planning, client_as: Any) -> None:
    second = approved(first)
    client, home = client_as(first.place.people["admin"]), f"/safety-plans/{second.id}"
    assert f'href="{home}/into-force"' in client.get(home).text
    token = client.csrf_token(home)
    sent = client.post(f"{home}/move", data={"csrf_token": token, "target": "in_force"})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{home}/into-force")
    assert fresh(second).state is PlanState.APPROVED and fresh(first.plan).state is PlanState.IN_FORCE
    told = " ".join(client.page(f"{home}/into-force").text.split())
    for words in (
        "This plan closes School safety plan 2026-27 · In force",
        "Money that comes along $118,430 planned, $92,000 committed or spent",
        "Funding Former school police money $165,000",
        "Coordinator: Planned $92,000, committed $92,000, spent $23,000",
        "Keepers: Planned $26,430, committed $0, spent $0",
        "Walk the building · due Mon, Nov 16, 2026",
        "“every class holds a circle a week”, under the goal",
    ):
        assert words in told, words
    assert "Ask every student" not in told, "a closed step stays with its plan"
    dean = client_as(first.place.people["dean"])
    assert dean.get(f"{home}/into-force").status_code == 404


def test_money_and_open_steps_come_along_and_nothing_is_lost(first: Planning, client_as: Any) -> None:
    second, before = approved(first), open_steps(first)
    client, home = client_as(first.place.people["admin"]), f"/safety-plans/{second.id}"
    assert client.submit(f"{home}/into-force", {}).status_code == 303
    assert (fresh(second).state, fresh(first.plan).state) == (PlanState.IN_FORCE, PlanState.CLOSED)
    resources = db.session.scalars(select(PlanResource).order_by(PlanResource.id)).all()
    assert {row.plan_id for row in resources} == {second.id}
    strategies = db.session.scalars(select(PlanStrategy).where(PlanStrategy.plan_id == second.id)).all()
    assert {row.strategy_id for row in resources} <= {one.id for one in strategies}
    assert db.session.scalar(select(func.sum(ResourceEntry.amount_cents))) == 11_500_000
    after = open_steps(first)
    assert {text: row.id for text, row in after.items()} == {text: row.id for text, row in before.items()}
    assert all(row.lead_id == second.lead_id for row in after.values())
    kept = db.session.get_one(PlanStep, after["Train keepers"].plan_step_id)
    assert (kept.plan_id, kept.due_on, after["Train keepers"].due_on) == (second.id, date(2027, 2, 1), date(2027, 2, 1))
    new_steps = select(func.count()).where(PlanStep.plan_id == second.id)
    assert db.session.scalar(new_steps) == 2, "a step of the same words is not asked twice"
    old = db.session.scalars(select(PlanStep.text).where(PlanStep.plan_id == first.plan.id)).all()
    assert sorted(old) == ["Ask every student", "Train keepers", "Walk the building"], "its text stays as it was"


def test_every_page_print_and_file_has_the_money_of_the_second_plan(first: Planning, client_as: Any) -> None:
    second = approved(first)
    move_plan(call(first), second.id, PlanState.IN_FORCE)
    client, home = client_as(first.place.people["admin"]), f"/safety-plans/{second.id}"
    money = " ".join(client.page(f"{home}/money").text.split())
    assert "Planned $118,430 Committed $92,000 Spent $23,000 Left of the funding $73,000" in money
    shown = " ".join(client.page(home).text.split())
    assert "From the plan before came along: $118,430 planned, $92,000 committed or spent, and 2 open steps" in shown
    assert "The money comes from Former school police money $165,000" in shown
    paper = " ".join(client.page(f"{home}/print").text.split())
    assert "Where the money comes from Former school police money $165,000" in paper and "$118,430 planned" in paper
    row = client.page("/safety-plans/resources").text
    assert "Coordinator" in row and "Former school police money of the plan" in row and "$165,000" in row
    one = db.session.scalars(select(PlanResource.id).where(PlanResource.title == "Coordinator")).one()
    assert "Former school police money $165,000" in client.page(f"/safety-plans/resources/{one}").text
    (plan,) = [
        line for line in overview_rows(acting(make_user(Role.DISTRICT)), NOW.date()) if line.plan_id == second.id
    ]
    assert (plan.counts["planned"], plan.counts["spent"], plan.counts["police_money"]) == (118_430, 23_000, 165_000)
    old = client.page(f"/safety-plans/{first.plan.id}").text
    assert "Went on in the next plan: $118,430 planned" in old
    assert "Went on in the next plan" in client.page(f"/safety-plans/{first.plan.id}/steps").text


def test_it_leaves_its_trace_in_history_and_audit(first: Planning) -> None:
    second = approved(first)
    move_plan(call(first), second.id, PlanState.IN_FORCE)
    for table in (TimelineEntry.kind, AuditEntry.action):
        kinds = list(db.session.scalars(select(table).where(table.like("%came_along") | table.like("plan.%_over"))))
        assert sorted(set(kinds)) == [
            "plan.gave_over", "plan.step_came_along", "plan.strategy_came_along", "plan.took_over",
            "plan_resource.came_along",
        ]  # fmt: skip
        assert kinds.count("plan_resource.came_along") == 2
    changes = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "plan_resource.came_along"))
    assert all(one["plan_id"] == [first.plan.id, second.id] for one in changes)


def test_a_plan_of_two_years_gives_its_earlier_funding_along(session: Any, first: Planning, client_as: Any) -> None:
    plan = fresh(first.plan)
    plan.first_year = "2025-26"
    FundingFactory(school_id=plan.school_id, school_year="2025-26", amount_cents=5_000_000)
    second = approved(first)
    move_plan(call(first), second.id, PlanState.IN_FORCE)
    assert fresh(second).money_since == "2025-26"
    told = " ".join(client_as(first.place.people["admin"]).page(f"/safety-plans/{second.id}/money").text.split())
    assert "Funding $215,000" in told and "Left of the funding $123,000" in told


def test_a_plan_of_other_years_leaves_the_money_and_says_so(first: Planning, client_as: Any) -> None:
    old = fresh(first.plan)
    old.first_year = old.last_year = "2025-26"
    db.session.commit()
    second = approved(first)
    client, home = client_as(first.place.people["admin"]), f"/safety-plans/{second.id}"
    told = " ".join(client.page(f"{home}/into-force").text.split())
    assert "Its money stays with it $118,430 planned, $92,000 committed or spent" in told
    assert "Canceled 2 open steps" in told
    client.submit(f"{home}/into-force", {})
    assert set(db.session.scalars(select(PlanResource.plan_id))) == {old.id}
    assert set(open_steps(first)) == {"Train keepers"}, "the new plan asks for its own step"
    assert fresh(second).money_since is None


def test_only_an_approved_plan_is_put_in_force(first: Planning, client_as: Any) -> None:
    second = approved(first, state=PlanState.COMMITTEE, council_approved_on=None, approved_on=None, approved_by_id=None)
    sent = client_as(first.place.people["admin"]).submit(f"/safety-plans/{second.id}/into-force", {})
    assert sent.status_code == 400 and "A plan in this state cannot be moved there." in sent.text
    assert fresh(first.plan).state is PlanState.IN_FORCE and len(open_steps(first)) == 2


def test_the_first_plan_of_a_school_comes_into_force_at_once(first: Planning, client_as: Any) -> None:
    move_to_end = fresh(first.plan)
    move_to_end.state, move_to_end.closed_on = PlanState.CLOSED, clock.now().date()
    second = approved(first)
    client, home = client_as(first.place.people["admin"]), f"/safety-plans/{second.id}"
    assert "No other plan of this school is in force." in client.page(f"{home}/into-force").text
    token = client.csrf_token(home)
    assert client.post(f"{home}/move", data={"csrf_token": token, "target": "in_force"}).headers["Location"] == home
    assert fresh(second).state is PlanState.IN_FORCE
