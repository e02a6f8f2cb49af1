"""A plan goes from state to state only where nothing stands in its way; coming into force ends the one before."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.plans.plan.conftest import calling, fill, of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.journal.models import AuditEntry
from wss_cases.plans.plan.answers import PlanAnswer
from wss_cases.plans.plan.core.models import (
    BLOCKED_BY,
    TRANSITIONS,
    Block,
    Outdated,
    PlanFacts,
    PlanState,
    SchoolPlan,
    blocks,
    may_follow,
    outdated,
    way_forward,
)
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.home import change_plan, start_plan
from wss_cases.plans.plan.progress import PlanReview, ReviewKind, move_plan
from wss_cases.plans.plan.templates import Component

READY = PlanFacts(
    has_lead=True, members=3, council_approved=True, has_begun=True, has_annual_review=True, unanswered={None: 0}
)


def test_there_is_one_way_from_the_draft_to_the_end():
    walked, state = [PlanState.DRAFT], way_forward(PlanState.DRAFT)
    while state is not None:
        walked.append(state)
        state = way_forward(state)
    assert walked == list(PlanState) and set(TRANSITIONS) == set(BLOCKED_BY) == set(PlanState)
    assert not may_follow(PlanState.DRAFT, PlanState.IN_FORCE) and not may_follow(PlanState.CLOSED, PlanState.DRAFT)
    assert not may_follow(PlanState.IN_FORCE, PlanState.COMMITTEE), "what is in force is not undone by going back"


@pytest.mark.parametrize(
    ("facts", "block", "at"),
    [
        ({"has_lead": False}, Block.LEAD, {PlanState.COMMITTEE, PlanState.COUNCIL_VOTE}),
        ({"members": 0}, Block.COMMITTEE, {PlanState.COUNCIL_VOTE}),
        (
            {"unanswered": {Component.TRUST: 1}},
            Block.QUESTIONS,
            {PlanState.COUNCIL_VOTE, PlanState.APPROVED, PlanState.IN_FORCE},
        ),
        (
            {"without_goal": [Component.TRUST]},
            Block.GOALS,
            {PlanState.COUNCIL_VOTE, PlanState.APPROVED, PlanState.IN_FORCE},
        ),
        ({"council_approved": False}, Block.COUNCIL, {PlanState.APPROVED}),
        ({"without_baseline": 1}, Block.BASELINES, {PlanState.COUNCIL_VOTE, PlanState.IN_FORCE}),
        ({"has_begun": False}, Block.EARLY, {PlanState.IN_FORCE}),
        ({"is_over": True}, Block.OVER, {PlanState.IN_FORCE}),
        ({"has_annual_review": False}, Block.REVIEW, {PlanState.REVIEWED}),
    ],
)
def test_each_thing_that_is_missing_blocks_its_states_and_no_other(facts, block, at):
    assert not any(blocks(READY, state) for state in PlanState)
    missing = PlanFacts(**(vars(READY) | facts))
    assert {state for state in PlanState if blocks(missing, state) == [block]} == at


def test_a_plan_is_outdated_by_a_newer_template_and_by_its_last_year():
    assert outdated(1, 1, "2026-27", "2026-27") == []
    assert outdated(1, 2, "2026-27", "2026-27") == [Outdated.TEMPLATE]
    assert outdated(1, 1, "2026-27", "2027-28") == [Outdated.OVER]


def forward(call, plan):
    """Move a plan on, and return it."""
    move_plan(call, plan.id, way_forward(fresh(plan).state))
    return fresh(plan)


def test_a_plan_is_not_approved_while_a_required_component_is_empty(school, principal, call, plan):
    fill(plan, principal)
    forward(call, plan)
    forward(call, plan)
    with pytest.raises(Refused, match="council has not approved"):
        forward(call, plan)
    fresh(plan).council_approved_on = date(2026, 11, 20)
    answer = db.session.scalars(select(PlanAnswer).where(PlanAnswer.plan_id == plan.id)).first()
    answer.text = "  "
    db.session.commit()
    with pytest.raises(Refused, match="A required question has no answer"):
        forward(call, plan)
    fresh(answer).text = "Now we say it."
    goal = db.session.scalars(select(PlanGoal).where(PlanGoal.component == Component.TRUST)).one()
    goal.removed_on = date(2026, 11, 24)
    db.session.commit()
    with pytest.raises(Refused, match="A required component has no goal"):
        forward(call, plan)
    assert fresh(plan).state is PlanState.COUNCIL_VOTE
    with pytest.raises(Refused, match="The council decides on this text"):
        change_plan(call, plan.id, last_year="2027-28")
    fresh(goal).removed_on = None
    db.session.commit()
    approved = forward(call, plan)
    assert (approved.state, approved.approved_by_id) == (PlanState.APPROVED, principal.id)


def test_coming_into_force_ends_the_plan_before(school, principal, call, plan):
    old = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, first_year="2025-26", standing=True)
    fill(plan, principal)
    fresh(plan).council_approved_on = date(2026, 11, 20)
    plan.state, plan.approved_on, plan.approved_by_id = PlanState.APPROVED, date(2026, 11, 21), principal.id
    bare = PlanGoalFactory(**of(plan))
    db.session.commit()
    with pytest.raises(Refused, match="A goal has no baseline yet"):
        forward(call, plan)
    fresh(bare).removed_on = date(2026, 11, 24)
    db.session.commit()
    assert forward(call, plan).state is PlanState.IN_FORCE
    before = fresh(old)
    assert (before.state, before.closed_on) == (PlanState.CLOSED, date(2026, 11, 24))
    kinds = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "school_plan")))
    assert kinds == {"plan.moved", "plan.superseded"}


def test_it_is_reviewed_once_there_is_an_annual_review_and_then_closed(school, principal, call):
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, standing=True)
    review = {"held_on": date(2026, 11, 20), "written_at": plan.started_at, **of(plan)}
    annual = PlanReview(kind=ReviewKind.ANNUAL, **review)
    db.session.add_all([PlanReview(kind=ReviewKind.MID_YEAR, closed_at=plan.started_at, **review), annual])
    db.session.commit()
    with pytest.raises(Refused, match="There is no annual review yet"):
        forward(call, plan)
    fresh(annual).closed_at = plan.started_at
    db.session.commit()
    assert forward(call, plan).state is PlanState.REVIEWED
    assert forward(call, plan).closed_on == date(2026, 11, 24)
    with pytest.raises(Refused, match="This plan is closed"):
        change_plan(call, plan.id, last_year="2027-28")


def test_going_back_to_the_committee_takes_the_approval_along(principal, call, plan):
    fill(plan, principal)
    plan.state, plan.council_approved_on = PlanState.COUNCIL_VOTE, date(2026, 11, 20)
    db.session.commit()
    move_plan(call, plan.id, PlanState.COMMITTEE)
    moved = fresh(plan)
    assert moved.council_approved_on is None
    assert (moved.moved_at, moved.moved_by_id) == (call.now, principal.id), "whom and when votes are counted from"


def test_only_the_administrator_of_the_school_moves_a_plan_as_it_stands_now(school, principal, plan):
    for role, place in ((Role.COORDINATOR, school), (Role.ADMINISTRATOR, SchoolFactory()), (Role.DISTRICT, None)):
        with pytest.raises(NotFound):
            move_plan(calling(make_user(role, place)), plan.id, PlanState.COMMITTEE)
    with pytest.raises(Stale):
        move_plan(calling(principal, plan.version + 1), plan.id, PlanState.COMMITTEE)


@pytest.mark.parametrize(
    ("head", "field"),
    [
        (("2025-26", "2025-26", "", None), "first_year"),
        (("2026-27", "2025-26", "", None), "last_year"),
        (("2026-27", "2029-30", "", None), "last_year"),
        (("2026-27", "2026-27", "Tier 9", None), "tier"),
        (("2026-27", "2026-27", "Tier 1", 99999), "lead"),
    ],
)
def test_a_plan_is_started_for_years_a_tier_and_a_lead_that_can_be(school, call, head, field):
    with pytest.raises(Refused) as refused:
        start_plan(call, school.id, **dict(zip(("first_year", "last_year", "tier", "lead"), head, strict=True)))
    assert refused.value.field == field


def test_an_administrator_starts_a_plan_and_its_home_says_what_is_missing(school, principal, client_as):
    client = client_as(principal)
    started = client.submit("/safety-plans/new", {"tier": "Tier 2"})
    assert started.status_code == 303
    plan = db.session.scalars(select(SchoolPlan)).one()
    assert (plan.first_year, plan.tier, plan.lead_id, plan.number) == ("2026-27", "Tier 2", None, 1)
    shown = client.page(f"/safety-plans/{plan.id}")
    assert "No one leads this plan yet." in shown.text and "Relational trust" in shown.text
    client.submit(f"/safety-plans/{plan.id}/change", {"lead": str(principal.id)})
    assert "Give it to the committee" in client.page(f"/safety-plans/{plan.id}").text
    assert client.submit("/safety-plans/new", {}).status_code == 303
    assert db.session.scalars(select(SchoolPlan.number).order_by(SchoolPlan.id)).all() == [1, 2]
