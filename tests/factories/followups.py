"""Follow-ups and their mail, for tests; give `school_id`, `owner_id`, and `case_id` or `incident_id`."""

from __future__ import annotations

from datetime import UTC, date, datetime

import factory

from tests.factories.base import Factory
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.evidence import Evidence


class FollowUpFactory(Factory):
    """An open check-in due on Tuesday 24 November 2026 that sends a mail of its own."""

    class Meta:
        model = FollowUp

    kind = "contact_person_harmed"
    created_at = datetime(2026, 11, 20, 16, tzinfo=UTC)
    due_on = date(2026, 11, 24)
    original_due_on = factory.LazyAttribute(lambda made: made.due_on)
    single_mail = True
    rules = factory.LazyFunction(list)
    state = FollowUpState.OPEN


class FollowUpTemplateFactory(Factory):
    """A district template in force since 2020."""

    class Meta:
        model = FollowUpTemplate

    kind = "other"
    event = "routed"
    due_in_school_days = 1
    title_en = "Do it"
    title_es = "Hacerlo"
    starts_on = date(2020, 8, 1)


def shown(on: date) -> Evidence:
    """What somebody says when they close a follow-up of any kind: a call of one day, and a sentence."""
    return Evidence("Written down after the talk.", "phone", on, "Their aunt", attempts=2)
