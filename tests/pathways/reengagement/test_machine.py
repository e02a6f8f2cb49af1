"""Any order of acts on a return: the meeting near it and not twice, reviews once back, no end without an outcome."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.intake.making import NOW
from tests.pathways.reengagement.making import Removed
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.casework.pathway_page import decline, end_early
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import local, zone_of
from wss_cases.pathways.common.models import ENDED, LIVE, TRANSITIONS, EndReason, PathwayState
from wss_cases.pathways.reengagement import pages
from wss_cases.pathways.reengagement.case_page import next_steps
from wss_cases.pathways.reengagement.plan import (
    MEETING_TRANSITIONS,
    Meeting,
    MeetingMissed,
    ReengagementPlan,
    ReviewAnswer,
    is_near,
    meeting_of,
    reviews_of,
)
from wss_cases.roster.directory.rules import SchoolDays

DAYS = SchoolDays()
BACK = date(2026, 11, 27)
returns = st.sampled_from([BACK, BACK, date(2026, 12, 7), date(2026, 11, 20), None])


class Return(RuleBasedStateMachine):
    """One removal, and every act there is on its return."""

    def __init__(self) -> None:
        super().__init__()
        self.removed = Removed()
        self.row_id = self.removed.row.id
        self.now = NOW
        self.before: tuple[PathwayState, Meeting] = (PathwayState.PROPOSED, Meeting.NOT_PLANNED)

    @initialize(far=st.sampled_from([2, 2, 1, 0]))
    def begin(self, far: int) -> None:
        """Begin where something can happen: nothing planned, planned, or back already."""
        if far:
            self.save(BACK, True, "Two essays.")
            self.every_step_is_in_the_tables()
        if far == 2:
            self.now += timedelta(days=4)
            self.come_back(0)

    def act(self, act: Any, *arguments: Any, may: bool, **answers: Any) -> None:
        """Carry out an act; it is refused exactly where it may not be."""
        try:
            act(Invocation(self.removed.coordinator, self.now), self.row_id, *arguments, **answers)
            done = True
        except Refused:
            done = False
        assert done == may, (act, arguments, answers)

    @property
    def state(self) -> PathwayState:
        return self.removed.row.state

    @property
    def plan(self) -> ReengagementPlan:
        return self.removed.plan

    @rule(return_on=returns, agreed=st.booleans(), work=st.sampled_from(["", "Two essays."]))
    def save(self, return_on: date | None, agreed: bool, work: str) -> None:
        plan = self.plan
        early = return_on is not None and return_on < date(2026, 11, 25)
        gone = return_on is None and plan.returned_on is not None
        self.act(
            pages.save_plan, return_on=return_on, supporters="An aunt", supports="A quiet room", work_missed=work,
            agreed=agreed, may=self.state in LIVE and not early and not gone,
        )  # fmt: skip

    @rule(day=st.sampled_from([date(2026, 12, 2), date(2026, 11, 25), BACK, date(2026, 11, 28), date(2027, 1, 8)]))
    def plan_meeting(self, day: date) -> None:
        plan, at = self.plan, datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        may = (
            self.state in (PathwayState.PREPARING, PathwayState.ACTIVE)
            and meeting_of(plan) is not Meeting.HELD
            and plan.return_on is not None
            and at > self.now
            and DAYS.is_school_day(day)
            and is_near(day, plan.return_on, DAYS)
        )
        at_school = local(at, zone_of(self.removed.place.school.id))
        given = {"day": at_school.date(), "time": at_school.time(), "place": "Room 12"}
        self.act(pages.plan_meeting, may=may, **given)

    @rule(missed=st.sampled_from([None, None, *MeetingMissed]))
    def answer(self, missed: MeetingMissed | None) -> None:
        plan = self.plan
        to = Meeting.HELD if missed is None else Meeting.MISSED
        to = Meeting.NOT_WANTED if missed is MeetingMissed.NOT_WANTED else to
        begun = missed is not None or plan.meeting_at is None or plan.meeting_at <= self.now
        may = self.state in LIVE and to in MEETING_TRANSITIONS[meeting_of(plan)] and begun
        self.act(pages.answer_meeting, happened=missed or pages.HELD, may=may)

    @rule(later=st.sampled_from([0, 0, -1, 1]))
    def come_back(self, later: int) -> None:
        day = (self.now + timedelta(days=later)).date()
        may = self.state is PathwayState.PREPARING and later <= 0 and day >= date(2026, 11, 25)
        self.act(pages.record_return, on=day, may=may)

    @rule(answer=st.sampled_from(ReviewAnswer), note=st.sampled_from(["", "More time with the counselor."]))
    def review(self, answer: ReviewAnswer, note: str) -> None:
        hard = answer in (ReviewAnswer.NEEDS_MORE, ReviewAnswer.NOT_BACK)
        may = self.state is PathwayState.ACTIVE and bool(note or not hard)
        self.act(pages.add_review, answer=answer, note=note, may=may)

    @rule(outcome=st.sampled_from(["settled", "settled", "not_back", "", "goal_reached"]))
    def complete(self, outcome: str) -> None:
        known = outcome in ("settled", "not_back")
        may = self.state is PathwayState.ACTIVE and known
        is_ready = outcome == "not_back" or bool(reviews_of(self.row_id))
        self.act(pages.complete, outcome=outcome, may=may and is_ready)

    @rule(wish=st.integers(0, 19))
    def leave(self, wish: int) -> None:
        if wish == 13:
            self.act(end_early, EndReason.MOVED_SCHOOL, "", may=self.state in LIVE)
        elif wish == 7:
            self.act(decline, may=self.state in LIVE)

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def every_step_is_in_the_tables(self) -> None:
        now = (self.state, meeting_of(self.plan))
        assert now[0] is self.before[0] or now[0] in TRANSITIONS[self.before[0]]
        dropped = self.before[1] is Meeting.PLANNED and now[1] in (Meeting.NOT_PLANNED, Meeting.MISSED)
        assert now[1] is self.before[1] or now[1] in MEETING_TRANSITIONS[self.before[1]] or dropped
        self.before = now

    @invariant()
    def what_is_open_is_what_is_due(self) -> None:
        row, plan = self.removed.row, self.plan
        wanted = select(FollowUp).where(FollowUp.pathway_id == row.id, FollowUp.state == FollowUpState.OPEN)
        found = list(db.session.scalars(wanted))
        kinds = [follow_up.kind for follow_up in found]
        if row.state in ENDED:
            assert kinds == []
            return
        assert kinds.count("reentry_plan") == (row.state is PathwayState.PROPOSED)
        assert kinds.count("reentry_meeting") == (meeting_of(plan) is Meeting.PLANNED)
        assert kinds.count("work_missed") <= 1
        due = sorted(follow_up.due_on for follow_up in found if follow_up.kind == "reengagement_review")
        assert plan.next_review_on == (due[0] if due else None)
        assert not due or row.state is PathwayState.ACTIVE

    @invariant()
    def nothing_ends_without_its_outcome(self) -> None:
        row, plan = self.removed.row, self.plan
        assert (row.state is PathwayState.COMPLETED) == bool(row.outcome)
        assert row.state is not PathwayState.ACTIVE or plan.returned_on is not None
        if row.outcome in ("settled", "back_with_support"):
            assert reviews_of(row.id)
        if plan.meeting_at is not None and plan.meeting_held_on is None and plan.return_on is not None:
            assert is_near(plan.meeting_at.date(), plan.return_on, DAYS)
        steps = next_steps([row], self.now.date(), self.now)
        assert (row.id in steps) == (row.state in LIVE)


@pytest.mark.usefixtures("session")
def test_no_order_of_acts_breaks_a_return() -> None:
    run_state_machine_as_test(
        Return, settings=settings(max_examples=examples(5, 25), stateful_step_count=20, deadline=None)
    )
