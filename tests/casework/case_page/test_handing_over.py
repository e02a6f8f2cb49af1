"""Handing a case over: what goes along, and what whoever takes it learns."""

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.casework.case_page.making import add_follow_up
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseNote
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused


@pytest.fixture
def world(session):
    return make_world()


def test_handing_over_takes_open_work_along(world):
    mine, theirs = add_follow_up(world), add_follow_up(world, title="Not mine")
    other = make_user(world.school)
    theirs.owner_id = make_user(world.school).id
    db.session.commit()
    row = PathwayFactory(case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id)
    with pytest.raises(Refused):
        hand_over(Invocation(world.actor, NOW), world.case.id, to=other.id, note="  ")
    with pytest.raises(Refused):
        hand_over(Invocation(world.actor, NOW), world.case.id, to=world.coordinator.id, note="note")
    with pytest.raises(Refused):
        hand_over(Invocation(world.actor, NOW), world.case.id, to=make_user(make_world().school).id, note="note")
    hand_over(Invocation(world.actor, NOW), world.case.id, to=other.id, note="Call the aunt.")
    assert fresh(world.case).lead_id == other.id
    assert (fresh(mine).owner_id, fresh(row).owner_id) == (other.id, other.id)
    assert fresh(theirs).owner_id != other.id
    assert db.session.scalars(select(CaseNote.text)).all() == ["Call the aunt."]


def test_a_dean_who_takes_a_case_over_learns_of_no_need_for_housing(world):
    hung = {"case_id": world.case.id, "school_id": world.school.id, "owner_id": world.coordinator.id}
    kept = PathwayFactory(kind="housing_basic_needs", **hung)
    asked = FollowUpFactory(kind="referral_answer", pathway_id=kept.id, **hung)
    told, plain = (FollowUpFactory(kind=kind, **hung) for kind in ("liaison", "other"))
    db.session.commit()
    dean = make_user(world.school, Role.DEAN)
    hand_over(Invocation(actor_for(dean), NOW), world.case.id, to=dean.id, note="I take it.")
    owners = [fresh(row).owner_id for row in (kept, asked, told, plain)]
    assert owners == [*[world.coordinator.id] * 3, dean.id]
