"""A meeting and the votes taken there fit each other: its members, its quorum, its day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from tests.factories.base import fresh
from tests.factories.plans import SchoolMeetingFactory
from tests.plans.voices.making import Scene, cast
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.voices.meetings.models import MeetingType
from wss_cases.plans.voices.meetings.pages import COLUMNS, change_meeting, record_meeting
from wss_cases.plans.voices.votes import PlanVote, VotingBody, record_vote


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
