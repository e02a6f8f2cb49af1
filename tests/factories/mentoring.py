"""Mentors, groups and plans; make a school and a pathway with the other rooms' factories first."""

from __future__ import annotations

from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.pathways.mentoring.plan.models import (
    Cadence,
    DailyCard,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentorKind,
)


class MentorFactory(Factory):
    """Give `school_id`, and `user_id` for one who signs in."""

    class Meta:
        model = Mentor

    kind = factory.LazyAttribute(lambda o: MentorKind.STAFF if o.user_id else MentorKind.PARTNER)
    name = factory.Sequence(lambda n: f"Mentor {n}")
    organisation = factory.LazyAttribute(lambda o: "" if o.user_id else "Friends of the School")
    user_id: Any = None
    capacity = 2


class MentoringGroupFactory(Factory):
    """Give `school_id` and `mentor_id`."""

    class Meta:
        model = MentoringGroup

    name = factory.Sequence(lambda n: f"Group {n}")
    capacity = 3


class MentoringPlanFactory(Factory):
    """Give `pathway_id`, `case_id`, `school_id`, and `mentor_id` for a match."""

    class Meta:
        model = MentoringPlan

    goal = "Calm starts"
    rhythm = Cadence.WEEKLY
    weeks = 27
    minutes = 30


class DailyCardFactory(Factory):
    """Give `pathway_id`, `case_id`, `school_id`."""

    class Meta:
        model = DailyCard

    expectations = factory.LazyFunction(lambda: ["Kind words", "Hands to myself"])
    periods = factory.LazyFunction(lambda: ["Period 1", "Period 2", "Lunch"])
