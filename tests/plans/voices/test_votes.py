"""Votes on a plan: quorum, counts, corrections, and the meeting at which they were taken."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plans import SchoolMeetingFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.plans.voices.making import HELD, Scene, cast
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.voices.meetings.models import MeetingType
from wss_cases.plans.voices.meetings.pages import COLUMNS, change_meeting, record_meeting
from wss_cases.plans.voices.votes import (
    PlanVote,
    VoteResult,
    VotingBody,
    confirm_vote,
    correct_vote,
    record_vote,
    result_of,
)


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
    vote = scene.vote(5, 2)
    assert (vote.result, scene.approved_on) == (VoteResult.APPROVED, None)
    confirm_vote(scene.call(scene.other), vote.id)
    assert (scene.approved_on, fresh(vote).confirmed_by_id) == (HELD, scene.other.id)


def test_nobody_approves_a_plan_alone(scene: Scene) -> None:
    mover = make_user(Role.ADMINISTRATOR, scene.school)
    with unit_of_work(acting(mover), scene.now) as uow:
        plan = uow.session.get_one(SchoolPlan, scene.plan.id)
        plan.moved_at, plan.moved_by_id = uow.now, mover.id
        uow.record(plan, "plan.moved", state="council_vote")
    vote = scene.vote(5, 2)
    for alone in (scene.head, mover):
        with pytest.raises(Refused, match="needs a second person"):
            confirm_vote(scene.call(alone), vote.id)
    for stranger in (make_user(Role.DEAN, SchoolFactory()), make_user(Role.REPORTER, scene.school)):
        with pytest.raises(NotFound):
            confirm_vote(scene.call(stranger), vote.id)
    assert scene.approved_on is None
    confirm_vote(scene.call(make_user(Role.DISTRICT)), vote.id)
    assert scene.approved_on == HELD
    with pytest.raises(Refused, match="does not wait"):
        confirm_vote(scene.call(scene.other), vote.id)


def test_a_vote_recorded_with_too_small_a_quorum_before_is_corrected_first(scene: Scene) -> None:
    vote = scene.vote(7, 0)
    db.session.execute(update(PlanVote).where(PlanVote.id == vote.id).values(quorum=1, yes=1))
    db.session.commit()
    with pytest.raises(Refused, match="at least 7 members"):
        confirm_vote(scene.call(scene.other), vote.id)
    assert scene.approved_on is None


def test_who_confirms_saw_the_numbers_that_stand(scene: Scene) -> None:
    first = scene.vote(5, 2)
    correct_vote(scene.call(), first.id, **cast(7, 0, 0, 7), reason="Counted again")
    with pytest.raises(Refused, match="does not wait"):
        confirm_vote(scene.call(scene.other), first.id)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17))
    poll = scene.vote(6, 0)
    with pytest.raises(Refused, match="does not wait"):
        confirm_vote(scene.call(scene.other), poll.id)
    assert scene.approved_on is None


def test_a_count_is_not_confirmed_after_the_plan_has_gone_back(scene: Scene) -> None:
    old = scene.vote(5, 2)
    scene.moved(30, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE)
    with pytest.raises(Refused, match="has moved to another state"):
        confirm_vote(scene.call(scene.other), old.id)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17))
    scene.counted(2, 5)
    assert scene.approved_on is None


def test_what_a_council_said_of_an_earlier_text_decides_nothing(scene: Scene) -> None:
    scene.counted(5, 2)
    scene.moved(30, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 9))
    correct_vote(scene.call(), scene.vote(6, 0).id, **cast(5, 1, 0, 7), reason="Counted again")
    assert scene.approved_on is None


def test_without_a_quorum_nothing_is_decided(scene: Scene) -> None:
    assert scene.vote(6, 0).result is VoteResult.RECOMMENDATION
    assert scene.approved_on is None


def test_no_other_body_decides(scene: Scene) -> None:
    scene.vote(8, 0, body=VotingBody.STUDENTS)
    assert scene.approved_on is None


def test_a_poll_without_a_quorum_takes_no_approval_back(scene: Scene) -> None:
    scene.counted(5, 2)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17))
    scene.vote(0, 6)
    assert scene.approved_on == HELD
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 18))
    scene.counted(1, 6)
    assert scene.approved_on is None, "a vote with a quorum does"


def test_not_before_its_meeting_and_not_twice(scene: Scene) -> None:
    scene.vote(5, 2)
    with pytest.raises(Refused, match="recorded already"):
        scene.vote(5, 2)
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 25), members=8)
    with pytest.raises(Refused, match="has not been held yet"):
        scene.vote(7, 0)
    assert len(db.session.scalars(select(PlanVote)).all()) == 1


def test_the_council_votes_on_what_is_before_it(scene: Scene) -> None:
    scene.plan = SchoolPlanFactory(school_id=scene.school.id, first_year="2027-28", state=PlanState.DRAFT)
    with pytest.raises(Refused, match="not up for the council"):
        scene.vote(7, 0)
    assert scene.vote(7, 0, body=VotingBody.COMMITTEE).result is VoteResult.APPROVED
    other = SchoolPlanFactory(school_id=SchoolFactory().id, state=PlanState.COUNCIL_VOTE)
    with pytest.raises(Refused) as refusal:
        record_vote(scene.call(), scene.meeting.id, plan=other.id, body=VotingBody.COUNCIL, **cast(7, 0, 0, 7))
    assert refusal.value.field == "plan"


def test_a_correction_leaves_the_vote_before_and_takes_back_what_it_decided(scene: Scene) -> None:
    first = scene.counted(5, 2)
    with pytest.raises(Refused, match="Write why"):
        correct_vote(scene.call(), first.id, **cast(2, 5, 0, 7), reason=" ")
    second = correct_vote(scene.call(), first.id, **cast(4, 0, 0, 7), reason="Counted again")
    assert scene.approved_on is None
    assert fresh(first).corrected_at is not None and first.yes == 5
    row = db.session.get_one(PlanVote, second)
    assert (row.corrects_id, row.result, row.reason) == (first.id, VoteResult.RECOMMENDATION, "Counted again")
    with pytest.raises(Refused, match="corrected already"):
        correct_vote(scene.call(), first.id, **cast(7, 0, 0, 7), reason="Again")
    third = correct_vote(scene.call(), second, **cast(5, 2, 0, 7), reason="The first count was right")
    assert scene.approved_on is None, "what is corrected waits for a second person again"
    confirm_vote(scene.call(scene.other), third)
    assert scene.approved_on == HELD


def test_a_vote_by_which_the_plan_has_moved_stays(scene: Scene) -> None:
    first = scene.vote(2, 5)
    scene.moved(30, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE)
    with pytest.raises(Refused, match="has moved to another state"):
        correct_vote(scene.call(), first.id, **cast(5, 2, 0, 7), reason="Counted again")
    assert scene.approved_on is None


@pytest.mark.both_databases
def test_both_databases_refuse_an_approval_without_a_quorum_one_person_and_a_second_vote(scene: Scene) -> None:
    first = scene.vote(5, 2)
    same = {name: getattr(first, name) for name in ("school_id", "plan_id", "meeting_id", "body", "recorded_at")}
    numbers = {"no": 0, "abstained": 0, "quorum": 7, "result": VoteResult.APPROVED}
    for values in ({"yes": 6}, {"yes": 7}):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.add(PlanVote(**same, **numbers, **values))
    alone = update(PlanVote).values(confirmed_at=scene.now, confirmed_by_id=PlanVote.recorded_by_id)
    with pytest.raises(IntegrityError, match="second_person"), db.session.begin_nested():
        db.session.execute(alone)


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
    assert "Corrected" in shown and "One came late" in shown and "Approved: waits for a second person" in shown
    assert "/confirm" not in client.get(page).text, "who recorded it does not confirm it"
    waiting = db.session.scalars(select(PlanVote).where(PlanVote.corrected_at.is_(None))).one()
    dean = client_as(scene.other)
    assert dean.get(f"{page}/vote").status_code == 404
    count = f"/meetings/votes/{waiting.id}/confirm"
    assert count in dean.get(page).text and "Yes 7, no 0" in dean.page(count).text
    assert client.submit(count, {}).status_code == 400
    assert dean.submit(count, {}).status_code == 303
    shown = dean.page(page).text
    assert "waits for a second person" not in shown and f"count confirmed by {scene.other.name}" in shown
    assert scene.approved_on == HELD
    assert f'href="/safety-plans/{scene.plan.id}"' in dean.get(page).text, "it leads back to the plan"


@pytest.mark.parametrize("quorum", [None, 6])
def test_no_meeting_goes_below_the_quorum_of_the_council(scene: Scene, quorum: int | None) -> None:
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17), quorum=quorum)
    for body, refused in ((VotingBody.COUNCIL, True), (VotingBody.COMMITTEE, False)):
        numbers = cast(1, 0, 0, quorum or 1)
        if refused:
            with pytest.raises(Refused) as why:
                record_vote(scene.call(), scene.meeting.id, plan=scene.plan.id, body=body, **numbers)
            assert why.value.field == "quorum"
        else:
            record_vote(scene.call(), scene.meeting.id, plan=scene.plan.id, body=body, **numbers)
    stands = {name: getattr(scene.meeting, name) for name in COLUMNS} | {"held_on": date(2026, 11, 18)}
    with pytest.raises(Refused, match="at least 7 members"):
        record_meeting(scene.call(), scene.school.id, **(stands | {"quorum": 5}))
    record_meeting(scene.call(), scene.school.id, **(stands | {"kind": MeetingType.COMMITTEE, "quorum": 5}))


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (cast(0, 0, 0, 7), "Enter how the members voted"),
        (cast(9, 0, 0, 7), "Only 8 voting members were there"),
        (cast(3, 0, 0, 3), "a quorum was 7 members"),
    ],
)
def test_numbers_that_the_meeting_contradicts_are_refused(scene: Scene, numbers: dict[str, int], words: str) -> None:
    with pytest.raises(Refused, match=words):
        record_vote(scene.call(), scene.meeting.id, plan=scene.plan.id, body=VotingBody.COUNCIL, **numbers)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"held_on": date(2026, 11, 11)}, "held_on"), ({"members": 6}, "members"), ({"quorum": 5}, "quorum")],
)
def test_a_meeting_is_not_changed_so_that_its_vote_fits_no_more(
    scene: Scene, change: dict[str, Any], field: str
) -> None:
    scene.vote(5, 2)
    meeting = fresh(scene.meeting)
    stands = {name: getattr(meeting, name) for name in COLUMNS}
    with pytest.raises(Refused) as refused:
        change_meeting(scene.call(), meeting.id, **(stands | change))
    assert refused.value.field == field
    change_meeting(scene.call(), meeting.id, **(stands | {"topic": "The plan"}))
    assert fresh(scene.meeting).topic == "The plan"


def test_a_meeting_from_before_the_districts_least_quorum_is_corrected_beside_its_vote(scene: Scene) -> None:
    scene.meeting = SchoolMeetingFactory(school_id=scene.school.id, held_on=date(2026, 11, 17), quorum=5)
    vote = scene.vote(7, 0)
    db.session.execute(update(PlanVote).where(PlanVote.id == vote.id).values(quorum=5, yes=5))
    scene.plan.state = PlanState.APPROVED
    db.session.commit()
    stands = {name: getattr(fresh(scene.meeting), name) for name in COLUMNS}
    change_meeting(scene.call(), scene.meeting.id, **(stands | {"topic": "The plan"}))
    changed = fresh(scene.meeting)
    assert (changed.topic, changed.quorum) == ("The plan", 5)
    with pytest.raises(Refused) as refused:
        change_meeting(scene.call(), scene.meeting.id, **(stands | {"quorum": 8}))
    assert refused.value.field == "quorum"
