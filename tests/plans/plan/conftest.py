"""A school with its administrator on Tuesday 24 November 2026, and a draft of its plan for 2026-27."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.support.pages.reading import forms, parse
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.plans.plan.answers import PlanAnswer
from wss_cases.plans.plan.committee import MemberGroup, PlanMember
from wss_cases.plans.plan.templates import Component, questions_of

NOW = "2026-11-24 10:00"


@pytest.fixture
def school(session, at):
    at(NOW)
    return SchoolFactory(low_grade=9, high_grade=12)


@pytest.fixture
def principal(school):
    return make_user(Role.ADMINISTRATOR, school)


def calling(user, version=None):
    """A call by somebody now, of a record in a version."""
    return Invocation(acting(user), clock.now(), version=version)


def sent_by(page, holding):
    """What the form with a control of this name sends on an answered page, as it stands."""
    (form,) = [one for one in forms(parse(page.text)) if holding in one.names]
    return {name: held[0] for name, held in form.values().items() if held}


@pytest.fixture
def call(principal):
    return calling(principal)


@pytest.fixture
def plan(school, principal):
    return SchoolPlanFactory(school_id=school.id, lead_id=principal.id)


def of(plan):
    """What hangs on a plan."""
    return {"school_id": plan.school_id, "plan_id": plan.id}


def fill(plan, by):
    """Answer every required question, seat a committee and write a goal under each component."""
    for question in questions_of(plan.template_id):
        if question.required:
            text = {"text": "We ask everyone.", "written_by_id": by.id, "written_at": plan.started_at}
            db.session.add(PlanAnswer(question_id=question.id, earlier_text="", **text, **of(plan)))
    db.session.add(PlanMember(member_group=MemberGroup.STUDENT, people=4, starts_on=date(2026, 9, 1), **of(plan)))
    for component in Component:
        PlanGoalFactory(
            component=component, measure="", direction=None, target=None, target_by=None,
            why_not_measured="Nobody counts this yet.", **of(plan),
        )  # fmt: skip
    db.session.commit()
