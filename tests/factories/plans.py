"""Whole School Safety plans, for tests; give `school_id`, and of what hangs on a plan `plan_id` too."""

from __future__ import annotations

from datetime import UTC, date, datetime

import factory
from sqlalchemy import select

from tests.factories.base import Factory
from wss_cases.foundation.db import db
from wss_cases.plans.measures import Direction
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.templates import Component, PlanTemplate
from wss_cases.plans.voices.meetings.models import MeetingHeard, MeetingType, SchoolMeeting, Theme


def first_template() -> int:
    return db.session.scalars(select(PlanTemplate.id).order_by(PlanTemplate.starts_on)).first() or 0


class SchoolPlanFactory(Factory):
    """A draft for 2026-27; `standing=True` is one that is in force since August."""

    class Meta:
        model = SchoolPlan

    class Params:
        standing = factory.Trait(
            state=PlanState.IN_FORCE,
            council_approved_on=date(2026, 6, 10),
            approved_on=date(2026, 6, 12),
            approved_by_id=factory.SelfAttribute("lead_id"),
            in_force_on=date(2026, 8, 1),
        )

    first_year = "2026-27"
    last_year = factory.LazyAttribute(lambda made: made.first_year)
    number = 1
    state = PlanState.DRAFT
    template_id = factory.LazyFunction(first_template)
    started_at = datetime(2026, 5, 4, 15, tzinfo=UTC)


class PlanGoalFactory(Factory):
    """A goal that incidents go down, without its baseline yet."""

    class Meta:
        model = PlanGoal

    component = Component.TRUST
    position = 1
    statement = "More harm is repaired in circles"
    measure = "incidents"
    direction = Direction.DOWN
    target = 40.0
    target_by = date(2027, 6, 1)


class PlanStrategyFactory(Factory):
    """A strategy; give `goal_id`."""

    class Meta:
        model = PlanStrategy

    position = 1
    if_words = "every class holds a circle a week"
    then_words = "students know each other"
    leads_to = "fewer fights"


class PlanStepFactory(Factory):
    """A step due on 15 December 2026; give `strategy_id`."""

    class Meta:
        model = PlanStep

    position = 1
    text = "Train ten more circle keepers"
    due_on = date(2026, 12, 15)
    evidence_required = "List of those who were trained"


class SchoolMeetingFactory(Factory):
    """A council meeting of 10 November 2026 with eight of its members, of whom seven are a quorum."""

    class Meta:
        model = SchoolMeeting

    kind = MeetingType.COUNCIL
    held_on = date(2026, 11, 10)
    notice_on = date(2026, 11, 1)
    languages = factory.LazyFunction(lambda: ["en", "es"])
    interpreter = True
    students, families, staff, community, members = 4, 12, 6, 2, 8
    quorum = 7
    recorded_at = datetime(2026, 11, 10, 23, tzinfo=UTC)


class MeetingHeardFactory(Factory):
    """What waits for an answer until 24 November 2026; give `meeting_id`."""

    class Meta:
        model = MeetingHeard

    theme = Theme.ARRIVAL
    heard = "The corner at the bus stop is dark"
    answer_due_on = date(2026, 11, 24)
    recorded_at = datetime(2026, 11, 10, 23, tzinfo=UTC)
