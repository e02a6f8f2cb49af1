"""Legal duties and discipline actions; make the school and incident with the other rooms' factories first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.foundation.db import db
from wss_cases.safeguards.models import DisciplineAction, LegalDuty, LegalDutyKind
from wss_cases.safeguards.states import DisciplineKind, DutyState

RAISED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


def duty_kind(code: str) -> LegalDutyKind:
    """Return a row of the seeded duty table."""
    found = db.session.scalar(db.select(LegalDutyKind).where(LegalDutyKind.code == code))
    assert found is not None, code
    return found


class LegalDutyFactory(Factory):
    """An open duty that is due; give `incident_id` and `school_id`, and `code` for another kind."""

    class Meta:
        model = LegalDuty

    code: Any = "title_ix_contact"
    kind_id = factory.LazyAttribute(lambda o: duty_kind(o.code).id)
    state = DutyState.DUE
    was_due = True
    rules = factory.List(["D7"])
    raised_at = RAISED
    aware_at = RAISED
    due_at = RAISED


class DisciplineActionFactory(Factory):
    """A removal as the first release left it; give `school_id`, `student_id` and what matters."""

    class Meta:
        model = DisciplineAction

    kind = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION
    days = 1
    starts_on = date(2026, 9, 1)
    reason = "Hit a student."
    recorded_at = RAISED
