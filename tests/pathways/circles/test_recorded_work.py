"""What is on record is asked for nowhere else: support offered and pre-meetings close their follow-ups."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.cases.making import NOW, TODAY, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import make_circle, record_pre_meeting, record_support
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUpState
from wss_cases.outcomes.counting.repair.queries import contacts
from wss_cases.outcomes.counting.scope.rules import Scope

LATER = NOW + timedelta(days=3)
NEXT_DAY = TODAY + timedelta(days=1)


@pytest.mark.parametrize("step", [record_support, record_pre_meeting])
def test_support_offered_and_a_pre_meeting_are_the_first_contact_of_their_day(session: Any, step: Any) -> None:
    world = make_world()
    circle, here = make_circle(world), {"school_id": world.school.id, "case_id": world.case.id}
    mine = FollowUpFactory(**here, incident_person_id=world.incident.people[1].id)
    others = FollowUpFactory(**here, incident_person_id=world.incident.people[0].id)
    step(Invocation(world.actor, LATER), circle.id, world.people[1].id, NEXT_DAY)
    row = fresh(mine)
    assert (row.state, row.outcome, row.closed_on) == (FollowUpState.DONE, "reached", NEXT_DAY)
    assert fresh(others).state is FollowUpState.OPEN


def test_support_offered_counts_as_contact_where_no_follow_up_asked_for_it(session: Any) -> None:
    world = make_world()
    circle = make_circle(world)
    year = Scope(world.school.id, "2026-27", date(2026, 8, 1), date(2027, 7, 31), date(2026, 12, 1))
    assert contacts(world.actor, year) == [(TODAY, None, 1)]
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, incident_person_id=world.incident.people[1].id,
        state=FollowUpState.DONE, outcome="reached", closed_on=TODAY + timedelta(days=5),
    )  # fmt: skip
    record_support(Invocation(world.actor, LATER), circle.id, world.people[1].id, NEXT_DAY)
    session.expire_all()
    assert contacts(world.actor, year) == [(TODAY, NEXT_DAY, 1)]


def test_a_pre_meeting_closes_what_asked_for_it_and_the_last_one_what_asked_for_all(session: Any) -> None:
    world = make_world()
    circle = make_circle(world)
    here = {"school_id": world.school.id, "case_id": world.case.id, "kind": "pre_meetings"}
    theirs = [FollowUpFactory(**here, incident_person_id=person.id) for person in world.incident.people[:2]]
    everyones = FollowUpFactory(**here, pathway_id=circle.id)
    done, still_open = FollowUpState.DONE, FollowUpState.OPEN
    for person, states in zip(world.people, ((done, still_open, still_open), (done, done, done)), strict=True):
        record_pre_meeting(Invocation(world.actor, LATER), circle.id, person.id, NEXT_DAY)
        assert tuple(fresh(row).state for row in (*theirs, everyones)) == states
    assert {fresh(row).outcome for row in (*theirs, everyones)} == {"all_held"}
