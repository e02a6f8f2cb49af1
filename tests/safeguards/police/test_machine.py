"""Whatever anybody tries, in any order: no notification without an emergency, a duty, or two yeses by two people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, acting
from tests.factories.safeguards import LegalDutyFactory
from tests.safeguards.police.test_review import ASKING, FOLLOWED, NOW, Scene, answer
from tests.support.depth import examples
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.safeguards.duties.duty.models import DutyState
from wss_cases.safeguards.police.asking import ask, call_first, open_by_law
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import (
    BEGINNINGS,
    TRANSITIONS,
    WAITING,
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.pages import answer_first, answer_second, withdraw
from wss_cases.safeguards.police.second_person import refuse_silence, second

WHO = st.sampled_from(["dean", "head", "district", "deputy"])
"""The district's person is an administrator of the school too, and would be both."""

WHICH = st.integers(0, 3)
YES = st.sampled_from([True, True, True, False])


class Reviews(RuleBasedStateMachine):
    """One report, four people who try everything, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.scene = Scene()
        RoleGrantFactory(user_id=self.scene.district.id, role=Role.ADMINISTRATOR, school_id=self.scene.school.id)
        placed = {"school_id": self.scene.school.id, "incident_id": self.scene.incident.id}
        self.duties = [
            LegalDutyFactory(code="drug_incident", **placed).id,
            LegalDutyFactory(code="drug_delivery", state=DutyState.VERIFY_FIRST, **placed).id,
            LegalDutyFactory(code="bullying_notice", **placed).id,
        ]
        self.seen: dict[int, ReviewState] = {}
        db.session.commit()

    def actor(self, who: str) -> Any:
        return acting(getattr(self.scene, who))

    def review_id(self, which: int) -> int:
        mine = select(PoliceReview.id).where(PoliceReview.incident_id == self.scene.incident.id)
        rows = db.session.scalars(mine.order_by(PoliceReview.id.desc()).limit(4)).all()
        return rows[which % len(rows)] if rows else 0

    @contextmanager
    def trying(self) -> Iterator[None]:
        try:
            yield
        except (Refused, NotFound):
            db.session.rollback()

    @rule(who=WHO, door=st.sampled_from(["other", "other", "emergency", "law"]), duty=st.integers(0, 2))
    def request(self, who: str, door: str, duty: int) -> None:
        incident_id = self.scene.incident.id
        with self.trying():
            if door == "emergency":
                call_first(Invocation(self.actor(who), self.now), incident_id, called_at=self.now)
            elif door == "law":
                open_by_law(
                    Invocation(self.actor(who), self.now), incident_id, duty_id=self.duties[duty], source_how="saw"
                )
            else:
                ask(Invocation(self.actor(who), self.now), incident_id, **ASKING)

    @rule(who=WHO, which=WHICH, approves=YES, second=st.booleans())
    def reply(self, who: str, which: int, approves: bool, second: bool) -> None:
        with self.trying():
            give = answer_second if second else answer_first
            given = answer(approves, self.now)
            give(Invocation(self.actor(who), self.now), self.review_id(which), **given)

    @rule(who=WHO, which=WHICH, verified=YES)
    def verify(self, who: str, which: int, verified: bool) -> None:
        with self.trying():
            second(
                Invocation(self.actor(who), self.now),
                self.review_id(which),
                verified="yes" if verified else "no",
                reason="Looked.",
            )

    @rule(who=WHO, which=WHICH)
    def tell(self, who: str, which: int) -> None:
        told = FOLLOWED | {
            "notified_at": self.now, "channel": "phone", "told": "911", "adult_with_student": "An adult",
            "danger": "A knife.",
        }  # fmt: skip
        with self.trying():
            record_notification(Invocation(self.actor(who), self.now), self.review_id(which), **told)

    @rule(who=WHO, which=WHICH)
    def take_back(self, who: str, which: int) -> None:
        with self.trying():
            withdraw(Invocation(self.actor(who), self.now), self.review_id(which), reason="Settled.")

    @rule(minutes=st.sampled_from([1, 14, 90]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        refuse_silence(self.now)

    @invariant()
    def nothing_unpermitted(self) -> None:
        rows = select(PoliceReview).where(PoliceReview.incident_id == self.scene.incident.id)
        found = {row.id: row for row in db.session.scalars(rows.execution_options(populate_existing=True))}
        for row in found.values():
            before = self.seen.get(row.id)
            allowed = BEGINNINGS if before is None else reachable(before)
            assert row.state in allowed, (before, row.state)
            assert row.state not in WAITING or row.answer_by > self.now, "silence refuses"
        made_here = select(PoliceNotification).where(PoliceNotification.incident_id == self.scene.incident.id)
        for made in db.session.scalars(made_here):
            review = found[made.review_id]
            assert review.state is ReviewState.NOTIFIED
            assert is_permitted(review, self.scene.reporter.id), review.door
        self.seen = {row.id: row.state for row in found.values()}


def reachable(state: ReviewState) -> set[ReviewState]:
    """Where one act can lead, or none: the state itself and its next ones."""
    return {state, *TRANSITIONS[state]}


def is_permitted(review: PoliceReview, reporter_id: int) -> bool:
    """The rule in words of its own, apart from the code's. Whoever asks here has standing beside the reporter."""
    if review.door is NotificationGround.EMERGENCY:
        return review.called_at is not None
    if review.door is NotificationGround.REQUIRED_BY_LAW:
        seconded = review.first_approves or (review.second_approves and review.seconding is Seconding.SECONDED)
        two = review.seconding is Seconding.NOT_NEEDED and review.requested_by_id != reporter_id
        return review.duty_id is not None and bool(seconded or two or review.seconding is Seconding.NOT_SECONDED)
    people = {review.first_by_id, review.second_by_id, review.requested_by_id}
    return None not in people and len(people) == 3 and bool(review.first_approves and review.second_approves)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_order_of_acts_lets_a_notification_through(session: Any, at: Callable[..., datetime]) -> None:
    at("2026-11-24 11:00")
    run_state_machine_as_test(
        Reviews,
        settings=settings(
            max_examples=examples(3, 12),
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
