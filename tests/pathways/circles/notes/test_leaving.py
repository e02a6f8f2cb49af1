"""A keeper who leaves is asked to hand over, the school is told once they left, and whose word is asked is mailed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.accounts import make_user as make_district_user
from tests.pathways.circles.notes.making import kept_circle, write
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes import grants
from wss_cases.pathways.circles.notes.messages import (
    HAND_OVER,
    LEFT,
    WORD_ASKED,
    CircleNote,
    ExceptionKind,
    NoteOpening,
)
from wss_cases.pathways.circles.notes.pages import tell_of_leaving


@pytest.fixture
def circle(world):
    row = kept_circle(world)
    write(world.actor, row, "said in the circle")
    return row


def told(kind: str) -> dict[int, OutboxMessage]:
    return {
        row.recipient_id: row for row in db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind))
    }


def test_a_keeper_is_asked_before_their_work_ends_and_the_school_is_told_after(
    world: Any, circle: Any, client_as: Any
) -> None:
    head_id, keeper_id = make_user(world.school, Role.ADMINISTRATOR).id, world.actor.user_id
    tell_of_leaving(NOW)
    assert told(HAND_OVER) == told(LEFT) == {}, "nobody leaves"
    page = client_as(world.coordinator).get("/desk/hand-over").get_data(as_text=True)
    assert f"/cases/{circle.case_id}/pathways/{circle.id}/keepers" in page
    ends = update(RoleGrant).where(RoleGrant.user_id == keeper_id)
    db.session.execute(ends.values(ends_on=TODAY + timedelta(days=5)))
    db.session.commit()
    for _again in range(2):
        tell_of_leaving(NOW)
    assert (set(told(HAND_OVER)), told(LEFT)) == ({keeper_id}, {})
    assert compose(told(HAND_OVER)[keeper_id], NOW) is not None
    later = NOW + timedelta(days=8)
    tell_of_leaving(later)
    assert head_id in told(LEFT) and keeper_id not in told(LEFT)
    mail = compose(told(LEFT)[head_id], later)
    assert mail is not None and f"/pathways/{circle.id}/keepers" in mail.as_string()


def test_who_moved_to_another_school_hands_notes_over_and_reads_no_name(
    world: Any, circle: Any, client_as: Any
) -> None:
    name = world.students[0].shown_name
    page = client_as(world.coordinator).get("/desk/hand-over").get_data(as_text=True)
    assert name in page and "data-blank" in page, "a page with names can be blanked"
    moves = update(RoleGrant).where(RoleGrant.user_id == world.actor.user_id)
    db.session.execute(moves.values(school_id=make_world().school.id))
    db.session.commit()
    page = client_as(world.coordinator).get("/desk/hand-over").get_data(as_text=True)
    assert f"/cases/{circle.case_id}/pathways/{circle.id}/keepers" in page
    assert "Circle keepers: No student named" in page and name not in page


def test_two_circles_of_one_case_are_told_apart(world: Any, circle: Any, client_as: Any) -> None:
    second = kept_circle(world)
    write(world.actor, second, "said in the other circle")
    links = client_as(world.coordinator).page("/desk/hand-over").find_all("a")
    shown = {link.get("href"): link.text for link in links if (link.get("href") or "").endswith("/keepers")}
    assert len(shown) == 2 and [words[-4:] for words in shown.values()] == [" (1)", " (2)"]


def test_who_could_end_a_role_is_asked_for_a_hand_over_first(world: Any, circle: Any, client_as: Any) -> None:
    page = f"/people/{world.actor.user_id}"
    head, system = (client_as(make_user(world.school, role)) for role in (Role.ADMINISTRATOR, Role.SYSADMIN))
    shown = head.page(page).text
    assert "keeps circle notes of 1 open case." in shown and "Without a hand-over the notes stay sealed" in shown
    assert f"/desk/hand-over?whose={world.actor.user_id}" in head.get(page).get_data(as_text=True)
    answer = system.get(page).get_data(as_text=True)
    assert "keeps circle notes of 1 open case." in answer and "/desk/hand-over" not in answer
    closed = db.session.merge(world.case)
    closed.state, closed.result = CaseState.CLOSED, CaseResult.REPAIRED
    db.session.commit()
    assert "keeps circle notes" not in head.page(page).text


def test_whose_word_is_asked_is_mailed_counsel_first_and_then_somebody_else(world: Any, circle: Any) -> None:
    one, two = (actor_for(make_district_user(Role.DISTRICT, None)) for _person in range(2))
    newcomer = make_user(world.school, Role.COORDINATOR)
    add_keeper(Invocation(world.actor, NOW + timedelta(minutes=1)), circle.id, keeper=newcomer.id)
    note = db.session.scalars(select(CircleNote.id)).one()
    call = Invocation(world.actor, NOW + timedelta(hours=1))
    kind = ExceptionKind.COURT_REPORT
    grants.ask_by_exception(call, circle.id, keeper=newcomer.id, kind=kind, notes=[note], reason="An order")
    assert set(told(WORD_ASKED)) >= {one.user_id, two.user_id} and world.actor.user_id not in told(WORD_ASKED)
    first = db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.recipient_id == two.user_id)).all()
    opening = db.session.scalars(select(NoteOpening.id)).one()
    grants.agree_outside(Invocation(one, call.now), opening)
    again = db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.recipient_id == two.user_id)).all()
    assert len(again) == len(first) + 1, "the second person is asked once counsel has agreed"
