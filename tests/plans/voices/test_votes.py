"""Votes on a plan: a quorum and a majority let it go on; without a quorum nothing is decided."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plans import SchoolMeetingFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.voices.meetings.actions import Held, change_meeting
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.votes.actions import Cast, correct_vote, record_vote
from wss_cases.plans.voices.votes.models import PlanVote
from wss_cases.plans.voices.votes.rules import result_of
from wss_cases.plans.voices.votes.states import VoteResult, VotingBody

HELD = date(2026, 11, 10)


class Scene:
    """A plan that is up for the council's vote, a meeting of the council, and who may record."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.school = SchoolFactory()
        self.head = make_user(Role.ADMINISTRATOR, self.school)
        self.plan: SchoolPlan = SchoolPlanFactory(school_id=self.school.id, state=PlanState.COUNCIL_VOTE)
        self.meeting: SchoolMeeting = SchoolMeetingFactory(school_id=self.school.id)

    def call(self) -> Invocation:
        return Invocation(acting(self.head), self.now)

    def vote(self, yes: int, no: int, abstained: int = 0, body: VotingBody = VotingBody.COUNCIL) -> PlanVote:
        number = record_vote(self.call(), self.plan.id, self.meeting.id, body, Cast(yes, no, abstained, 7))
        return db.session.get_one(PlanVote, number)

    @property
    def approved_on(self) -> date | None:
        return fresh(self.plan).council_approved_on


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    return Scene(at("2026-11-24 15:00"))


@pytest.mark.parametrize(
    ("numbers", "result"),
    [
        ((4, 3, 0, 7), VoteResult.APPROVED),
        ((6, 0, 0, 7), VoteResult.RECOMMENDATION),
        ((3, 3, 1, 7), VoteResult.NOT_APPROVED),
        ((4, 0, 4, 7), VoteResult.NOT_APPROVED),
        ((1, 0, 0, 1), VoteResult.APPROVED),
    ],
)
def test_a_quorum_and_more_than_half_approve(numbers: tuple[int, int, int, int], result: VoteResult) -> None:
    assert result_of(*numbers) is result


def test_with_a_quorum_and_a_majority_the_plan_may_go_on(scene: Scene) -> None:
    assert scene.vote(5, 2).result is VoteResult.APPROVED
    assert scene.approved_on == HELD


def test_without_a_quorum_nothing_is_decided(scene: Scene) -> None:
    assert scene.vote(6, 0).result is VoteResult.RECOMMENDATION
    assert scene.approved_on is None


def test_no_other_body_decides(scene: Scene) -> None:
    scene.vote(8, 0, body=VotingBody.STUDENTS)
    assert scene.approved_on is None


def test_a_poll_without_a_quorum_takes_no_approval_back(scene: Scene) -> None:
    scene.vote(5, 2)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17))
    scene.vote(0, 6)
    assert scene.approved_on == HELD
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 18))
    scene.vote(1, 6)
    assert scene.approved_on is None, "a vote with a quorum does"


def test_not_before_its_meeting_and_not_twice(scene: Scene) -> None:
    scene.vote(5, 2)
    with pytest.raises(Refused, match="recorded already"):
        scene.vote(5, 2)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 25), members=8)
    with pytest.raises(Refused, match="has not been held yet"):
        scene.vote(7, 0)
    assert len(db.session.scalars(select(PlanVote)).all()) == 1


@pytest.mark.parametrize(
    ("cast", "words"),
    [
        (Cast(0, 0, 0, 7), "Enter how the members voted"),
        (Cast(9, 0, 0, 7), "Only 8 voting members were there"),
        (Cast(3, 0, 0, 3), "a quorum was 7 members"),
    ],
)
def test_numbers_that_the_meeting_contradicts_are_refused(scene: Scene, cast: Cast, words: str) -> None:
    with pytest.raises(Refused, match=words):
        record_vote(scene.call(), scene.plan.id, scene.meeting.id, VotingBody.COUNCIL, cast)


def test_the_council_votes_on_what_is_before_it(scene: Scene) -> None:
    scene.plan = SchoolPlanFactory(school_id=scene.school.id, first_year="2027-28", state=PlanState.DRAFT)
    with pytest.raises(Refused, match="not up for the council"):
        scene.vote(7, 0)
    assert scene.vote(7, 0, body=VotingBody.COMMITTEE).result is VoteResult.APPROVED
    other = SchoolPlanFactory(school_id=SchoolFactory().id, state=PlanState.COUNCIL_VOTE)
    with pytest.raises(NotFound):
        record_vote(scene.call(), other.id, scene.meeting.id, VotingBody.COUNCIL, Cast(7, 0, 0, 7))


def test_a_correction_leaves_the_vote_before_and_takes_back_what_it_decided(scene: Scene) -> None:
    first = scene.vote(5, 2)
    with pytest.raises(Refused, match="Write why"):
        correct_vote(scene.call(), first.id, Cast(2, 5, 0, 7), " ")
    second = correct_vote(scene.call(), first.id, Cast(4, 0, 0, 7), "Counted again")
    assert scene.approved_on is None
    assert fresh(first).corrected_at is not None and first.yes == 5
    row = db.session.get_one(PlanVote, second)
    assert (row.corrects_id, row.result, row.reason) == (first.id, VoteResult.RECOMMENDATION, "Counted again")
    with pytest.raises(Refused, match="corrected already"):
        correct_vote(scene.call(), first.id, Cast(7, 0, 0, 7), "Again")
    correct_vote(scene.call(), second, Cast(5, 2, 0, 7), "The first count was right")
    assert scene.approved_on == HELD


def test_a_vote_by_which_the_plan_has_moved_stays(scene: Scene) -> None:
    first = scene.vote(2, 5)
    with unit_of_work(acting(scene.head), scene.now.replace(minute=30)) as uow:
        plan = uow.session.get_one(SchoolPlan, scene.plan.id)
        plan.state = PlanState.COMMITTEE
        uow.record(plan, "plan.moved")
        plan.state = PlanState.COUNCIL_VOTE
        uow.record(plan, "plan.moved")
    scene.now = scene.now.replace(minute=45)
    with pytest.raises(Refused, match="has moved to another state"):
        correct_vote(scene.call(), first.id, Cast(5, 2, 0, 7), "Counted again")
    assert scene.approved_on is None


@pytest.mark.both_databases
def test_both_databases_refuse_an_approval_without_a_quorum_and_a_second_vote(scene: Scene) -> None:
    first = scene.vote(5, 2)
    same = {name: getattr(first, name) for name in ("school_id", "plan_id", "meeting_id", "body", "recorded_at")}
    numbers = {"no": 0, "abstained": 0, "quorum": 7, "result": VoteResult.APPROVED}
    for values in ({"yes": 6}, {"yes": 7}):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.add(PlanVote(**same, **numbers, **values))


def test_a_vote_is_recorded_and_corrected_on_a_page(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    page = f"/meetings/{scene.meeting.id}"
    values = {"plan": str(scene.plan.id), "body": "council", "yes": "6", "no": "0", "abstained": "0"}
    assert client.submit(f"{page}/vote", values).status_code == 303
    shown = client.page(page).text
    assert "No quorum: recommendation to the network" in shown and "Without a quorum nothing is decided" in shown
    vote = db.session.scalars(select(PlanVote)).one()
    refused = client.submit(f"/meetings/votes/{vote.id}", {"yes": "7"})
    assert refused.status_code == 400 and "Write why it is corrected." in refused.text
    assert client.submit(f"/meetings/votes/{vote.id}", {"yes": "7", "reason": "One came late"}).status_code == 303
    shown = client.page(page).text
    assert "Corrected" in shown and "One came late" in shown and "Approved" in shown
    coordinator = client_as(make_user(Role.COORDINATOR, scene.school))
    assert "Approved" in coordinator.page(page).text
    assert coordinator.get(f"{page}/vote").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [({"held_on": date(2026, 11, 11)}, "held_on"), ({"members": 6}, "members"), ({"quorum": 5}, "quorum")],
)
def test_a_meeting_is_not_changed_so_that_its_vote_fits_no_more(
    scene: Scene, change: dict[str, Any], field: str
) -> None:
    scene.vote(5, 2)
    meeting = fresh(scene.meeting)
    stands = {one.name: getattr(meeting, one.name) for one in fields(Held)}
    with pytest.raises(Refused) as refused:
        change_meeting(scene.call(), meeting.id, Held(**stands | change))
    assert refused.value.field == field
    change_meeting(scene.call(), meeting.id, Held(**stands | {"topic": "The plan"}))
    assert fresh(scene.meeting).topic == "The plan"
