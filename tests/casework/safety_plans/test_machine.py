"""Any order of acts on safety plans: none is agreed without what it needs, none moves the person harmed unasked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from tests.cases.making import NOW, make_world
from tests.factories.base import fresh
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.cases.case.models import (
    PLAN_TRANSITIONS,
    GuardianTold,
    PlanAnswer,
    PlanState,
    SafetyPlan,
    SafetyPlanReview,
)
from wss_cases.cases.safety_plans import living_plans, plans_of
from wss_cases.casework.safety_plans import acts
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused

WALKS = "A teacher walks along."
words = st.sampled_from([WALKS, WALKS, WALKS, " "])
moves = st.sampled_from([(False, False), (False, False), (True, True), (True, False)])
texts = st.builds(
    lambda steps, adults, moved: {
        "steps": steps, "adults_told": adults, "moves_person_harmed": moved[0], "asked_by_them": moved[1],
    },
    words, words, moves,
)  # fmt: skip


class Plans(RuleBasedStateMachine):
    """One case with two people, and every act there is on their plans."""

    def __init__(self) -> None:
        super().__init__()
        self.world = make_world()
        self.now = NOW
        self.before: dict[int, PlanState] = {}
        self.write(0, {"steps": WALKS})
        self.write(1, {"steps": WALKS, "adults_told": "The homeroom teacher"})

    def act(self, act: Any, record_id: int, may: bool, **answers: Any) -> None:
        """Carry out an act; it is refused exactly where it may not be."""
        try:
            act(Invocation(self.world.actor, self.now), record_id, **answers)
        except Refused:
            assert not may, (act.body.__name__, answers)
        else:
            assert may, (act.body.__name__, answers)

    def plan(self, index: int) -> SafetyPlan | None:
        mine = [plan for plan in plans_of(self.world.case.id) if plan.participant_id == self.who(index)]
        return fresh(mine[0]) if mine else None

    def who(self, index: int) -> int:
        return int(self.world.people[index].id)

    @rule(index=st.integers(0, 1), text=texts)
    def write(self, index: int, text: dict[str, Any]) -> None:
        plan = self.plan(index)
        free = plan is None or plan.state is PlanState.ENDED
        kind = text.get("asked_by_them") or not text.get("moves_person_harmed")
        self.act(acts.write, self.world.case.id, free and kind, participant_id=self.who(index), **text)

    @rule(index=st.integers(0, 1), text=texts)
    def change(self, index: int, text: dict[str, Any]) -> None:
        plan = self.plan(index)
        if plan is not None:
            kind = text.get("asked_by_them") or not text.get("moves_person_harmed")
            may = plan.state is not PlanState.ENDED and kind
            self.act(acts.change, plan.id, may, **text)

    @rule(index=st.integers(0, 1), guardian=st.sampled_from(GuardianTold), later=st.sampled_from([0, 0, -3, 1]))
    def agree(self, index: int, guardian: GuardianTold, later: int) -> None:
        plan = self.plan(index)
        if plan is not None:
            full = bool(plan.steps.strip() and plan.adults_told.strip())
            may = plan.state is PlanState.DRAFT and full and later <= 0
            day = (self.now + timedelta(days=later)).date()
            self.act(acts.agree, plan.id, may, with_person=True, agreed_on=day, guardian=guardian)

    @rule(index=st.integers(0, 1), answer=st.sampled_from(PlanAnswer), note=words)
    def review(self, index: int, answer: PlanAnswer, note: str) -> None:
        plan = self.plan(index)
        if plan is not None:
            said = answer is PlanAnswer.WORKS or bool(note.strip())
            may = plan.state is PlanState.AGREED and said and answer is not PlanAnswer.HAPPENED_AGAIN
            self.act(acts.review, plan.id, may, answer=answer, note=note)

    @rule(index=st.integers(0, 1), why=words)
    def end(self, index: int, why: str) -> None:
        plan = self.plan(index)
        if plan is not None:
            may = plan.state is not PlanState.ENDED and bool(why.strip())
            self.act(acts.end, plan.id, may, why=why)

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def agreed_plans_have_what_they_need(self) -> None:
        plans = plans_of(self.world.case.id)
        for plan in plans:
            assert plan.asked_by_them or not plan.moves_person_harmed
            if plan.state is PlanState.AGREED:
                assert plan.steps.strip() and plan.adults_told.strip() and plan.guardian and plan.next_review_on
            before = self.before.get(plan.id, plan.state)
            assert plan.state is before or plan.state in PLAN_TRANSITIONS[before]
        self.before = {plan.id: plan.state for plan in plans}
        living = living_plans(self.world.case.id)
        assert len({plan.participant_id for plan in living}) == len(living)

    @invariant()
    def each_agreed_plan_has_its_review_and_no_other(self) -> None:
        reviews = select(FollowUp.original_due_on).where(
            FollowUp.case_id == self.world.case.id,
            FollowUp.kind == "safety_plan_review",
            FollowUp.state == FollowUpState.OPEN,
        )
        agreed = [plan for plan in plans_of(self.world.case.id) if plan.state is PlanState.AGREED]
        due = sorted(db.session.scalars(reviews))
        assert due == sorted(plan.next_review_on for plan in agreed if plan.next_review_on)

    @invariant()
    def every_review_is_counted_once(self) -> None:
        done = select(func.count(FollowUp.id)).where(
            FollowUp.case_id == self.world.case.id,
            FollowUp.kind == "safety_plan_review",
            FollowUp.state == FollowUpState.DONE,
        )
        written = select(func.count(SafetyPlanReview.id)).where(SafetyPlanReview.case_id == self.world.case.id)
        assert db.session.scalar(done) == db.session.scalar(written)


@pytest.mark.usefixtures("session")
def test_no_order_of_acts_breaks_a_safety_plan() -> None:
    run_state_machine_as_test(
        Plans, settings=settings(max_examples=examples(5, 25), stateful_step_count=20, deadline=None)
    )
