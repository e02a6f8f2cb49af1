"""Earlier notes of a circle: closed to who begins later, opened only on a ground, which the database asks for too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.cases.making import NOW, TODAY, actor_for, make_user
from tests.factories.accounts import make_user as make_district_user
from tests.factories.base import fresh
from tests.factories.safeguards import DisciplineActionFactory
from tests.pathways.circles.notes.making import end, kept_circle, write
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.keys import seal
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes import grants, pages
from wss_cases.pathways.circles.notes.messages import CircleNote, ExceptionKind, NoteGrant, NoteShare
from wss_cases.pathways.circles.notes.rules import PURPOSE
from wss_cases.pathways.circles.privilege import withdraw_waiver

SAID = "canary-4711 told the circle about home"
LATER = NOW + timedelta(hours=1)
AFTER_TWO_SCHOOL_DAYS = NOW + timedelta(days=7)


@pytest.fixture
def circle(world):
    return kept_circle(world)


@pytest.fixture
def administrator(world):
    return actor_for(make_user(world.school, Role.ADMINISTRATOR))


def texts(user: Any, circle: Any) -> list[str | None]:
    return [note.text for note in pages.read_notes(actor_for(user), circle.id, LATER)]


def begin(by: Any, circle: Any, user: Any) -> Any:
    add_keeper(Invocation(by, LATER), circle.id, keeper=user.id)
    return user


def outside() -> Any:
    user = make_district_user(Role.DISTRICT, None)
    return actor_for(user)


def test_an_administrator_cannot_make_the_dean_keeper_of_a_completed_circle(world, circle, administrator, client_as):
    write(world.actor, circle, SAID)
    end(circle)
    dean = make_user(world.school, Role.DEAN)
    with pytest.raises(Refused, match="decide discipline here cannot keep"):
        begin(administrator, circle, dean)
    # not even where the row stands, as it may in a database of before, nor with both roles
    db.session.add(CircleKeeper(pathway_id=circle.id, case_id=circle.case_id, school_id=circle.school_id,
                                user_id=dean.id, added_at=LATER))  # fmt: skip
    db.session.add(RoleGrant(user_id=dean.id, role=Role.COORDINATOR, school_id=world.school.id, starts_on=TODAY))
    db.session.commit()
    assert client_as(dean).get(f"/cases/{circle.case_id}/pathways/{circle.id}/notes").status_code == 404
    with pytest.raises(Refused, match="does not decide discipline"):
        grants.agree(Invocation(world.actor, LATER), circle.id, dean.id)


def test_an_invented_coordinator_reads_nothing_old(world, circle, administrator, client_as):
    write(world.actor, circle, SAID)
    end(circle)
    invented = begin(administrator, circle, make_user(world.school))
    page = client_as(invented).page(f"/cases/{circle.case_id}/pathways/{circle.id}/notes").text
    assert SAID not in page and "Closed to you" in page
    for who in (administrator, actor_for(invented)):
        with pytest.raises((NotFound, Refused)):
            grants.agree(Invocation(who, LATER), circle.id, invented.id)
    assert db.session.scalars(select(NoteGrant)).all() == []


def test_who_wrote_them_opens_them_with_a_row_and_an_audit(world, circle, administrator, client_as):
    (note,) = write(world.actor, circle, SAID)
    other = begin(administrator, circle, make_user(world.school))
    write(actor_for(other), circle, "from now on", now=LATER)
    assert texts(other, circle) == ["from now on"]
    page = client_as(world.coordinator).submit(f"/cases/{circle.case_id}/pathways/{circle.id}/keepers/{other.id}/agree")
    assert page.status_code == 303
    assert texts(other, circle) == ["from now on", SAID]
    (grant,) = db.session.scalars(select(NoteGrant)).all()
    assert (grant.consent_by_id, grant.waiver_id, grant.opening_id) == (world.coordinator.id, None, None)
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "circle.notes_granted")).all()
    assert [row.object_id for row in audited] == [grant.id]
    shared = select(NoteShare.grant_id).where(NoteShare.note_id == note).order_by(NoteShare.id)
    assert db.session.scalars(shared).all() == [None, grant.id]


def test_a_keeper_who_left_still_opens_what_they_wrote_but_not_as_administrator(world, circle, administrator):
    write(world.actor, circle, SAID)
    other = begin(administrator, circle, make_user(world.school))
    grants.end_keeper(Invocation(world.actor, LATER), circle.id, world.coordinator.id)
    became = make_user(world.school, Role.ADMINISTRATOR)
    mixed = type(world.actor)(world.actor.user_id, "x", (*world.actor.grants, *actor_for(became).grants))
    with pytest.raises(Refused, match="administrator"):
        grants.agree(Invocation(mixed, LATER), circle.id, other.id)
    grants.agree(Invocation(world.actor, LATER), circle.id, other.id)
    assert texts(other, circle) == [SAID]


def test_who_leaves_is_asked_to_hand_over_first(world, circle, administrator, client_as):
    write(world.actor, circle, SAID)
    other = begin(administrator, circle, make_user(world.school))
    address = f"/cases/{circle.case_id}/pathways/{circle.id}/keepers/{world.coordinator.id}/end"
    client = client_as(world.coordinator)
    assert "safety plan pass" in client.page(address).text
    assert client.submit(address, {}).status_code == 400
    assert client.submit(address, {"hand_over": "yes"}).status_code == 303
    assert texts(other, circle) == [SAID]


def test_who_decided_discipline_about_a_party_keeps_no_circle_of_theirs(world, circle, administrator):
    ex_dean = make_user(world.school)
    DisciplineActionFactory(
        school_id=world.school.id, student_id=world.students[0].id, incident_id=world.incident.id,
        recorded_by_id=ex_dean.id,
    )  # fmt: skip
    with pytest.raises(Refused, match="decided discipline"):
        begin(administrator, circle, ex_dean)


def waive(user: Any, circle: Any, person: Any, now: Any = AFTER_TWO_SCHOOL_DAYS) -> int:
    return grants.ask_by_waiver(
        Invocation(actor_for(user), now), circle.id, participant=person.id, signed_on=TODAY, reason="I want it so"
    )


def test_each_party_waives_for_what_concerns_them_once_nobody_was_reached(world, circle, administrator):
    pages.write_note(Invocation(world.actor, NOW), circle.id, "of one", [world.people[0].id])
    write(world.actor, circle, "of both")
    other = begin(administrator, circle, make_user(world.school))
    with pytest.raises(Refused, match="two school days"):
        waive(other, circle, world.people[0], LATER + timedelta(days=1))
    first, second = (waive(other, circle, person) for person in world.people)
    assert texts(other, circle) == []
    with pytest.raises(NotFound):
        grants.agree_outside(Invocation(administrator, LATER), first)
    grants.agree_outside(Invocation(outside(), LATER), first)
    assert texts(other, circle) == ["of one"]
    grants.agree_outside(Invocation(outside(), LATER), second)
    assert texts(other, circle) == ["of both", "of one"]
    waiver = db.session.scalars(select(NoteGrant.waiver_id).order_by(NoteGrant.id)).first()
    assert waiver is not None
    withdraw_waiver(Invocation(actor_for(other), LATER), waiver)
    assert texts(other, circle) == []


def test_counsel_and_a_second_person_outside_open_only_what_is_needed(world, circle, administrator, client_as):
    needed, _other = write(world.actor, circle, SAID, "something else")
    keeper = begin(administrator, circle, make_user(world.school))
    asked = {"keeper": keeper.id, "notes": [needed], "reason": "A threat to life"}
    with pytest.raises(Refused) as refusal:
        grants.ask_by_exception(Invocation(administrator, LATER), circle.id, kind=ExceptionKind.OTHER_LAW, **asked)
    assert refusal.value.field == "kind"
    opening = grants.ask_by_exception(
        Invocation(administrator, LATER), circle.id, kind=ExceptionKind.PREVENT_HARM, **asked
    )
    counsel, second = outside(), outside()
    grants.agree_outside(Invocation(counsel, LATER), opening)
    assert texts(keeper, circle) == []
    with pytest.raises(Refused, match="Two people"):
        grants.agree_outside(Invocation(counsel, LATER), opening)
    mailbox = actor_for(make_district_user(Role.DISTRICT, None, first_setup=False))
    with pytest.raises(Refused, match="second person"):
        grants.agree_outside(Invocation(mailbox, LATER), opening)
    with pytest.raises(NotFound):
        grants.agree_outside(Invocation(administrator, LATER), opening)
    grants.agree_outside(Invocation(second, LATER), opening)
    assert texts(keeper, circle) == [SAID]
    (grant,) = db.session.scalars(select(NoteGrant)).all()
    assert (grant.counsel_id, grant.approver_id) == (counsel.user_id, second.user_id)
    with pytest.raises(Refused, match="already"):
        grants.agree_outside(Invocation(outside(), LATER), opening)


@pytest.mark.both_databases
@pytest.mark.parametrize("grounds", [(), ("consent_by_id", "approver_id", "counsel_id"), ("waiver_id",)])
def test_the_database_refuses_a_grant_without_exactly_one_ground(world, circle, grounds):
    period = db.session.scalars(select(CircleKeeper).where(CircleKeeper.pathway_id == circle.id)).one()
    given = dict.fromkeys(grounds, world.coordinator.id)
    db.session.add(NoteGrant(pathway_id=circle.id, keeper_id=period.id, granted_at=NOW, **given))
    with pytest.raises(IntegrityError, match=r"ck_circle_note_grant_\w+"):
        db.session.flush()
    db.session.rollback()


def test_notes_of_before_come_over_to_the_periods_in_which_they_were_written(world, circle, administrator):
    sealed = seal(setting("WSS_KEYS"), PURPOSE, SAID)
    note = CircleNote(
        pathway_id=circle.id, author_id=world.coordinator.id, written_at=NOW, sealed_text=sealed.text,
        sealed_key=sealed.key, key_name=sealed.key_name, shred_on=date(2028, 1, 1),
    )  # fmt: skip
    db.session.add(note)
    db.session.commit()
    other = begin(administrator, circle, make_user(world.school))
    assert texts(other, circle) == []
    assert texts(world.coordinator, circle) == [SAID]
    now = fresh(note)
    assert now.sealed_key is None and now.key_name is None
    assert bytes(now.sealed_text) != sealed.text
