"""Legal duties, discipline actions and police notifications; make school and incident with their factories first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from tests.factories.accounts import make_user
from tests.factories.base import Factory, put
from wss_cases.access.actor import Role
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyKind
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceNotification, PoliceReview, ReviewState

RAISED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


def duty_kind(code: str) -> LegalDutyKind:
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


def make_notification(incident: Incident, door: NotificationGround, day: date, at: datetime) -> PoliceNotification:
    """A notification of a day, behind a review that was recorded before reviews existed."""
    placed: dict[str, Any] = {"school_id": incident.school_id, "incident_id": incident.id, "door": door}
    review = put(
        PoliceReview(
            state=ReviewState.NOTIFIED, permits=True, before_reviews=True, requested_at=at, ended_at=at, **placed
        )
    )
    return put(PoliceNotification(review_id=review.id, notified_at=at, local_date=day, **placed))


def make_refusal(incident: Incident) -> PoliceReview:
    """A review of an incident that nobody answered in time."""
    words = dict.fromkeys(("tried", "alternatives", "guardian_attempts", "supports", "why"), "made")
    review = PoliceReview(
        school_id=incident.school_id, incident_id=incident.id, door=NotificationGround.OTHER,
        state=ReviewState.REFUSED, requested_at=RAISED, ended_at=RAISED, not_removal=True, **words,
    )  # fmt: skip
    return put(review)


def make_approver(school: Any) -> NetworkApprover:
    """Return who stands in for a school: its network's approver and deputy."""
    named = [make_user(Role.DISTRICT).id for _ in range(2)]
    row = NetworkApprover(network=school.network or "", approver_id=named[0], deputy_id=named[1], hours=4)
    db.session.add(row)
    db.session.commit()
    return row
