"""Who keeps a circle: the first, others, the administrator who cannot name themselves, and the end of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.circles import keepers
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, NotHeld
from wss_cases.pathways.circles.circle.queries import keeper_ids, keepers_of
from wss_cases.pathways.circles.notes import grants


@pytest.fixture
def circle(world):
    return PathwayFactory(case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id)


def add(actor, circle, user):
    return keepers.add_keeper(Invocation(actor, NOW), circle.id, keeper=user.id)


def planned(circle, keeper):
    placed = {"pathway_id": circle.id, "case_id": circle.case_id, "school_id": circle.school_id}
    meeting = CircleMeeting(keeper_id=keeper.id, starts_at=NOW + timedelta(days=1), **placed)
    db.session.add(meeting)
    db.session.commit()
    return meeting


def told(circle):
    """Who was sent a mail about a keeper of this circle."""
    rows = db.session.scalars(select(CircleKeeper.id).where(CircleKeeper.pathway_id == circle.id)).all()
    statement = select(OutboxMessage.recipient_id).where(
        OutboxMessage.kind == "keeper_added", OutboxMessage.object_id.in_(rows)
    )
    return sorted(db.session.scalars(statement))


def test_the_first_keeper_is_named_by_whoever_works_the_case(world, circle):
    dean = make_user(world.school)
    add(actor_for(dean), circle, world.coordinator)
    assert keepers_of(circle.id) == {world.coordinator.id: world.coordinator.name}
    assert keeper_ids([circle.id, 10**6]) == {circle.id: frozenset({world.coordinator.id})}
    assert told(circle) == [world.coordinator.id]


def test_a_second_keeper_is_added_by_a_keeper_only(world, circle):
    dean, other = make_user(world.school), make_user(world.school)
    add(world.actor, circle, world.coordinator)
    with pytest.raises(NotFound):
        add(actor_for(dean), circle, dean)
    with pytest.raises(NotFound):
        add(actor_for(dean), circle, other)
    add(world.actor, circle, dean)
    assert set(keepers_of(circle.id)) == {world.coordinator.id, dean.id}
    with pytest.raises(Refused, match="already"):
        add(world.actor, circle, dean)


def test_the_administrator_adds_another_and_the_keepers_are_told(world, circle):
    dean, administrator = make_user(world.school), make_user(world.school, Role.ADMINISTRATOR)
    add(world.actor, circle, world.coordinator)
    with pytest.raises(Refused):
        add(actor_for(administrator), circle, administrator)
    add(actor_for(administrator), circle, dean)
    assert told(circle) == sorted([world.coordinator.id, dean.id])
    assert sentence(case_history(world.case.id)[0]) == f"{dean.name} keeps this circle"
    theirs = db.session.scalars(
        select(AuditEntry).where(AuditEntry.actor_id == administrator.id).order_by(AuditEntry.id)
    )
    reached, named = theirs.all()
    assert reached.action == "overreach.refused"
    assert (named.action, named.changes["user_id"]) == ("circle.keeper_named", [None, dean.id])


def test_an_administrator_who_is_also_a_dean_cannot_name_themselves(world, circle):
    both = make_user(world.school, Role.ADMINISTRATOR)
    dean = make_user(world.school)
    actor = actor_for(both)
    actor = type(actor)(actor.user_id, actor.name, (*actor.grants, *actor_for(dean).grants))
    add(world.actor, circle, world.coordinator)
    with pytest.raises(Refused, match="yourself"):
        add(actor, circle, both)


def test_a_circle_whose_keepers_ended_is_not_open_to_whoever_comes(world, circle):
    dean, administrator = make_user(world.school), make_user(world.school, Role.ADMINISTRATOR)
    add(world.actor, circle, world.coordinator)
    grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    assert keepers_of(circle.id) == {}
    with pytest.raises(NotFound):
        add(actor_for(dean), circle, dean)
    with pytest.raises(NotFound):
        add(world.actor, circle, world.coordinator)
    add(actor_for(administrator), circle, dean)
    assert told(circle) == sorted([world.coordinator.id, dean.id])


def test_ending_is_ones_own_or_a_keepers(world, circle):
    dean, administrator = make_user(world.school), make_user(world.school, Role.ADMINISTRATOR)
    add(world.actor, circle, world.coordinator)
    for stranger in (dean, administrator):
        with pytest.raises(NotFound):
            grants.end_keeper(Invocation(actor_for(stranger), NOW), circle.id, world.coordinator.id)
    add(world.actor, circle, dean)
    grants.end_keeper(Invocation(actor_for(dean), NOW), circle.id, world.coordinator.id)
    assert set(keepers_of(circle.id)) == {dean.id}
    with pytest.raises(NotFound):
        grants.end_keeper(Invocation(actor_for(dean), NOW), circle.id, world.coordinator.id)


def test_the_last_keeper_stays_while_a_meeting_waits(world, circle):
    add(world.actor, circle, world.coordinator)
    meeting = planned(circle, world.coordinator)
    with pytest.raises(Refused, match="A meeting is scheduled"):
        grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    row = fresh(meeting)
    row.happened, row.not_held_reason = False, NotHeld.CALLED_OFF.value
    db.session.commit()
    grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    assert keepers_of(circle.id) == {}


def test_the_keeper_of_a_planned_meeting_stays_until_it_is_anothers(world, circle):
    dean = make_user(world.school)
    add(world.actor, circle, world.coordinator)
    add(world.actor, circle, dean)
    meeting = planned(circle, dean)
    with pytest.raises(Refused, match="Move it to another keeper"):
        grants.end_keeper(Invocation(world.actor, NOW), circle.id, dean.id)
    fresh(meeting).keeper_id = world.coordinator.id
    db.session.commit()
    grants.end_keeper(Invocation(world.actor, NOW), circle.id, dean.id)
    assert set(keepers_of(circle.id)) == {world.coordinator.id}


def test_only_a_coordinator_or_dean_of_the_school_keeps(world, circle):
    elsewhere = make_world()
    for user in (make_user(world.school, Role.REPORTER), make_user(world.school, Role.ADMINISTRATOR),
                 elsewhere.coordinator):  # fmt: skip
        with pytest.raises(Refused):
            add(world.actor, circle, user)
    with pytest.raises(NotFound):
        add(elsewhere.actor, circle, elsewhere.coordinator)


def test_other_pathways_have_no_keepers(world):
    plan = PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind="one_to_one")
    with pytest.raises(NotFound):
        add(world.actor, plan, world.coordinator)


def test_the_mail_about_a_keeper_names_nobody(world, circle):
    dean, administrator = make_user(world.school), make_user(world.school, Role.ADMINISTRATOR)
    add(world.actor, circle, world.coordinator)
    add(actor_for(administrator), circle, dean)
    subjects = set()
    for message in db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "keeper_added")):
        mail = compose(message, NOW)
        assert mail is not None
        words = f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}"
        subjects.add(str(mail["Subject"]))
        assert f"/cases/{circle.case_id}/pathways/{circle.id}/keepers" in words
        hidden = [dean.name, administrator.name, world.coordinator.name, world.case.reference]
        hidden += [student.shown_name for student in world.students]
        assert not [name for name in hidden if name in words]
    assert subjects == {"You are now a circle keeper", "One of your circles has another keeper"}
