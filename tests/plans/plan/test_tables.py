"""What the tables of plans refuse on either database, whoever writes to them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_user
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.plans.plan.committee import MemberGroup, PlanMember
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan

pytestmark = pytest.mark.both_databases


@pytest.fixture
def plan(session: Any) -> SchoolPlan:
    """A plan in force."""
    school = SchoolFactory()
    return SchoolPlanFactory(school_id=school.id, lead_id=make_user(Role.ADMINISTRATOR, school).id, standing=True)


def refused(name: str, row: Any) -> None:
    """Fail unless the database refuses a row by the constraint of this name."""
    with pytest.raises(IntegrityError, match=name), db.session.begin_nested():
        db.session.add(row)


def test_one_plan_of_a_school_stands(plan: SchoolPlan) -> None:
    same = {"school_id": plan.school_id, "lead_id": plan.lead_id, "standing": True}
    for state in (PlanState.IN_FORCE, PlanState.REVIEWED):
        second = SchoolPlanFactory.build(**same, state=state, first_year="2027-28")
        refused(r"uq_school_plan_standing|school_plan\.school_id", second)
    SchoolPlanFactory(school_id=plan.school_id, first_year="2027-28")


@pytest.mark.parametrize("missing", ["council_approved_on", "in_force_on"])
def test_no_plan_is_in_force_without_the_council(plan: SchoolPlan, missing: str) -> None:
    elsewhere = {"school_id": SchoolFactory().id, "lead_id": plan.lead_id, "standing": True}
    name = {"council_approved_on": "needs_approval", "in_force_on": "ck_school_plan_in_force"}[missing]
    refused(name, SchoolPlanFactory.build(**elsewhere, **{missing: None}))


def test_students_sit_on_a_committee_without_names(plan: SchoolPlan) -> None:
    of_plan = {"school_id": plan.school_id, "plan_id": plan.id, "starts_on": date(2026, 9, 1)}
    for named in ({"name": "Ana"}, {"organization": "Ana's club"}, {"named_yes_on": date(2026, 9, 1)}):
        refused("no_student_named", PlanMember(member_group=MemberGroup.STUDENT, **named, **of_plan))
    refused("somebody", PlanMember(member_group=MemberGroup.PARENT, **of_plan))
    db.session.add(PlanMember(member_group=MemberGroup.STUDENT, people=6, **of_plan))
    db.session.flush()


@pytest.mark.parametrize("missing", ["measure", "direction", "target", "target_by"])
def test_a_goal_is_measurable_or_says_why_not(plan: SchoolPlan, missing: str) -> None:
    of_plan = {"school_id": plan.school_id, "plan_id": plan.id}
    half = {missing: "" if missing == "measure" else None}
    refused("measurable", PlanGoalFactory.build(**of_plan, **half))
    PlanGoalFactory(**of_plan, **half, why_not_measured="Nobody counts this yet.")
