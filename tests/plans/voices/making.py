"""A plan that is up for the vote of a council, and who records, confirms and moves it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plans import SchoolMeetingFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.votes import PlanVote, VotingBody, confirm_vote, record_vote

HELD = date(2026, 11, 10)


def cast(yes: int, no: int, abstained: int, quorum: int) -> dict[str, int]:
    """Answers of the form of a vote."""
    return {"yes": yes, "no": no, "abstained": abstained, "quorum": quorum}


class Scene:
    """A plan that is up for the council's vote, a meeting of the council, and who may record."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.school = SchoolFactory()
        self.head = make_user(Role.ADMINISTRATOR, self.school)
        self.other = make_user(Role.DEAN, self.school)
        self.plan: SchoolPlan = SchoolPlanFactory(school_id=self.school.id, state=PlanState.COUNCIL_VOTE)
        self.meeting: SchoolMeeting = SchoolMeetingFactory(school_id=self.school.id)

    def call(self, who: Any = None) -> Invocation:
        return Invocation(acting(who or self.head), self.now)

    def vote(self, yes: int, no: int, abstained: int = 0, body: VotingBody = VotingBody.COUNCIL) -> PlanVote:
        number = record_vote(self.call(), self.meeting.id, plan=self.plan.id, body=body, **cast(yes, no, abstained, 7))
        return db.session.get_one(PlanVote, number)

    def counted(self, yes: int, no: int) -> PlanVote:
        """A council's vote whose count the dean confirmed."""
        vote = self.vote(yes, no)
        confirm_vote(self.call(self.other), vote.id)
        return vote

    def moved(self, minute: int, *states: PlanState) -> None:
        """Let the administrator move the plan through these states, and time go on."""
        with unit_of_work(acting(self.head), self.now.replace(minute=minute)) as uow:
            plan = uow.session.get_one(SchoolPlan, self.plan.id)
            for state in states:
                plan.state, plan.moved_at, plan.moved_by_id = state, uow.now, self.head.id
                uow.record(plan, "plan.moved", state=state.value)
        self.now = self.now.replace(minute=minute + 1)

    @property
    def approved_on(self) -> date | None:
        return fresh(self.plan).council_approved_on
