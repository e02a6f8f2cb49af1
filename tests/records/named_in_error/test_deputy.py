"""Where a school has only one person who could agree, the network's deputy is the second, and sees no more of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StaffMemberFactory
from tests.factories.safeguards import make_approver
from tests.intake.making import WALL, Place
from tests.records.named_in_error.test_taking_out import ask, scene
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents import deputies
from wss_cases.incidents.deputies import DeputyLook, ask_deputies, take_look
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.records.named_in_error.actions import CORRECTION, TakingOut, decide_taking_out


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()


def named(place: Place) -> tuple[Any, Any]:
    """The network's approver and deputy."""
    row = make_approver(place.school)
    return db.session.get_one(UserAccount, row.approver_id), db.session.get_one(UserAccount, row.deputy_id)


def alone(place: Place) -> None:
    """The school is left with one person who decides reports."""
    fresh(place.administrator).state = AccountState.DISABLED
    db.session.commit()


def asked(session: Any) -> list[int]:
    return list(session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "deputy.asked")))


def test_the_deputy_agrees_for_a_school_with_one_person(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, child = scene(place)
    approver, deputy = named(place)
    alone(place)
    assert ask(client_as(place.dean), report).status_code == 303
    assert asked(db.session) == [deputy.id]
    look = db.session.scalars(select(DeputyLook)).one()
    address, other = f"/deputy-looks/{look.id}", place.students[1].shown_name
    for stranger in (approver, place.dean, make_user(Role.DISTRICT)):
        assert client_as(stranger).get(address).status_code == 404
    client = client_as(deputy)
    assert "Named in error" in client.page("/deputy-looks").text
    page = client.page(address).text
    assert child.shown_name in page and "at home that day" in page and "hit another student" in page
    assert other not in page and "Police District 10" not in page
    assert client.get(f"/incidents/{report.id}").status_code == 404
    assert client.submit(address, {"agrees": ""}).status_code == 400
    assert client.submit(address, {"agrees": "yes"}).status_code == 303
    assert fresh(report).people[0].kind is PersonKind.NOT_IDENTIFIED
    corrections = db.session.scalars(select(FollowUp).where(FollowUp.kind == CORRECTION)).all()
    assert {row.owner_id for row in corrections} == {place.dean.id}, "who stands in has nothing to do at the school"
    acts = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == deputy.id)))
    assert {"deputy.looked", "named_in_error.done"} <= acts
    assert client.get(address).status_code == 404 and "Named in error" not in client.page("/deputy-looks").text


def test_nobody_outside_is_asked_where_the_school_has_two(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, _child = scene(place)
    named(place)
    ask(client_as(place.dean), report)
    assert not asked(db.session) and db.session.scalars(select(DeputyLook)).all() == []


def test_the_approver_stands_in_where_the_deputy_is_no_second_person(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, child = scene(place)
    approver, deputy = named(place)
    alone(place)
    fresh(deputy).first_setup = False
    db.session.commit()
    ask(client_as(place.dean), report)
    assert asked(db.session) == [approver.id]
    look = db.session.scalars(select(DeputyLook)).one()
    assert client_as(approver).submit(f"/deputy-looks/{look.id}", {"agrees": "no"}).status_code == 303
    assert fresh(report).people[0].student_id == child.id
    assert ask(client_as(place.dean), report).status_code == 303, "and it can be said again"
    assert len(asked(db.session)) == 2


def test_the_deputy_is_asked_once_the_second_person_has_left(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, _child = scene(place)
    _approver, deputy = named(place)
    dean_id, other_id, deputy_id = place.dean.id, place.administrator.id, deputy.id
    ask(client_as(place.dean), report)
    ask_deputies(clock.now())
    assert not asked(db.session)
    db.session.get_one(UserAccount, other_id).state = AccountState.DISABLED
    db.session.commit()
    for _again in range(2):
        ask_deputies(clock.now())
    assert asked(db.session) == [deputy_id]
    assert db.session.scalars(select(DeputyLook)).one().asked_by_id == dean_id


def person(user_id: int) -> UserAccount:
    return db.session.get_one(UserAccount, user_id)


def make_party(place: Place, report: Any, user: Any) -> None:
    """Somebody of the staff was harmed."""
    staff = StaffMemberFactory(school=place.school, user_id=user.id)
    IncidentPersonFactory(
        incident_id=report.id, kind=PersonKind.STAFF, student_id=None, staff_id=staff.id, role=PersonRole.HARMED
    )
    db.session.commit()


def test_a_party_at_the_school_is_no_second_person_either(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, _child = scene(place)
    _approver, deputy = named(place)
    make_party(place, report, place.administrator)
    ask(client_as(place.dean), report)
    assert asked(db.session) == [deputy.id]
    row_id = db.session.scalars(select(TakingOut.id)).one()
    with pytest.raises(Refused, match="You are involved in what happened"):
        decide_taking_out(Invocation(acting(place.administrator), clock.now()), row_id, agrees=True)
    db.session.rollback()
    assert db.session.scalars(select(TakingOut.decided_by_id)).one() is None


def test_a_party_decides_nothing_and_the_other_of_the_two_is_asked(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, _child = scene(place)
    approver, deputy = named(place)
    alone(place)
    ask(client_as(place.dean), report)
    assert asked(db.session) == [deputy.id]
    make_party(place, report, deputy)
    look_id, both = db.session.scalars(select(DeputyLook.id)).one(), [deputy.id, approver.id]
    address, client = f"/deputy-looks/{look_id}", client_as(deputy)
    assert client.get(address).status_code == 404 and "Named in error" not in client.page("/deputy-looks").text
    with pytest.raises(NotFound):
        take_look(Invocation(acting(deputy), clock.now()), look_id, agrees="yes")
    db.session.rollback()
    ask_deputies(clock.now())
    assert asked(db.session) == both
    assert "Named in error" in client_as(person(both[1])).page(address).text


def test_a_question_passes_to_the_deputy_named_meanwhile(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, _child = scene(place)
    _approver, deputy = named(place)
    alone(place)
    ask(client_as(place.dean), report)
    newer = make_user(Role.DISTRICT)
    both = [deputy.id, newer.id]
    db.session.scalars(select(NetworkApprover)).one().deputy_id = newer.id
    db.session.commit()
    address = f"/deputy-looks/{db.session.scalars(select(DeputyLook.id)).one()}"
    assert client_as(deputy).get(address).status_code == 404, "at once"
    for _again in range(2):
        ask_deputies(clock.now())
    assert asked(db.session) == both
    assert client_as(person(both[0])).get(address).status_code == 404
    assert client_as(person(both[1])).submit(address, {"agrees": "yes"}).status_code == 303


def test_the_district_is_told_once_that_nobody_can(
    place: Place, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    report, _child = scene(place)
    both = named(place)
    alone(place)
    for one in both:
        fresh(one).first_setup = False
    other, school = make_user(Role.DISTRICT), make_user(Role.COORDINATOR, place.school)
    db.session.commit()
    ask(client_as(place.dean), report)
    told = db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "deputy.nobody")).all()
    assert sorted(told) == sorted([both[0].id, both[1].id, other.id]) and school.id not in told
    assert not asked(db.session)
    nothing_is_written(monkeypatch)


def test_a_tick_that_finds_nothing_to_ask_writes_nothing(
    place: Place, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    report, _child = scene(place)
    named(place)
    ask(client_as(place.dean), report)
    nothing_is_written(monkeypatch)
    alone(place)
    ask_deputies(clock.now())
    assert len(asked(db.session)) == 1
    nothing_is_written(monkeypatch)


def nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the sweep's part once more: it opens no unit of work."""
    opened: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(deputies, "unit_of_work", lambda *given: opened.append(given) or unit_of_work(*given))
        ask_deputies(clock.now())
    assert opened == []
