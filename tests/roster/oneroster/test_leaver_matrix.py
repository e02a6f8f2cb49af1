"""Every way to leave the roster beside every kind of person: access, work and notes afterwards, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.roster.oneroster.bundles import NOW, Row, roster, take, user, write
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState
from wss_cases.accounts.grants import actor_of
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.sweep import sweep

SIGNED_IN, SIGNED_OUT, KEEPER, APPROVER = range(4)
LATER = NOW + timedelta(minutes=5)
OUT, STAYS = AccountState.DISABLED, AccountState.ACTIVE


@dataclass(frozen=True)
class Leaving:
    """How the roster says it of a person, and what becomes of the accounts of those who are not needed."""

    row: Callable[[int], list[Row]]
    state: AccountState = OUT


def said(**more: str) -> Callable[[int], list[Row]]:
    return lambda number: [staff(number, **more)]


def staff(number: int, **more: str) -> Row:
    kept: Row = user(number, "teacher", email=f"staff{number}@district.example", **({"orgSourcedIds": "s1,s2"} | more))
    return kept


WAYS = {
    "missing row": Leaving(lambda _number: []),
    "tobedeleted": Leaving(said(status="tobedeleted")),
    "inactive": Leaving(said(status="inactive")),
    "enabledUser false": Leaving(said(enabledUser="false")),
    "left one of two schools": Leaving(said(orgSourcedIds="s2"), STAYS),
}


def take_in(folder: Path, leaving: Callable[[int], list[Row]] | None = None) -> None:
    theirs = [row for number in range(4) for row in (leaving(number) if leaving else [staff(number)])]
    take(write(folder, roster([*theirs, *(staff(number) for number in range(4, 60))])))


@pytest.mark.parametrize("way", WAYS)
def test_what_becomes_of_whoever_leaves(
    session: Any, tmp_path: Path, at: Callable[..., Any], client_as: Callable[[Any], Any], way: str
) -> None:
    at(NOW.isoformat()[:16].replace("T", " "), zone="UTC")
    take_in(tmp_path)
    left, kept = session.scalars(select(School).where(School.source == "d1").order_by(School.sourced_id)).all()
    people = [make_user(Role.COORDINATOR, left, email=f"staff{number}@district.example") for number in range(3)]
    for one in people:
        RoleGrantFactory(user_id=one.id, role=Role.COORDINATOR, school_id=kept.id)
    people.append(make_user(Role.DISTRICT, email="staff3@district.example"))
    colleague, head, boss = (
        make_user(Role.COORDINATOR, left),
        make_user(Role.ADMINISTRATOR, left),
        make_user(Role.SYSADMIN),
    )
    make_user(Role.COORDINATOR, kept)
    case = CaseFactory(school_id=left.id, lead_id=colleague.id)
    circle = PathwayFactory(case_id=case.id, school_id=left.id, kind=Kind.PEACE_CIRCLE.value, state=PathwayState.ACTIVE)
    placed = {"case_id": case.id, "school_id": left.id}
    db.session.add(CircleKeeper(pathway_id=circle.id, user_id=people[KEEPER].id, added_at=NOW, **placed))
    db.session.add(NetworkApprover(network="", approver_id=people[APPROVER].id, hours=4))
    work = FollowUpFactory(owner_id=people[SIGNED_IN].id, **placed)
    db.session.commit()
    write_note(Invocation(acting(people[KEEPER]), NOW), circle.id, "said in the circle")
    page = client_as(people[SIGNED_IN])
    assert page.get("/account").status_code == 200 and page.get(f"/cases/{case.id}").status_code == 200

    take_in(tmp_path, WAYS[way].row)

    # access: at the next click, whoever is signed in or not; the only approver is kept, and every administrator knows
    states = [fresh(one).state for one in people]
    assert states == [*[WAYS[way].state] * 3, STAYS]
    assert page.get(f"/cases/{case.id}").status_code == (303 if WAYS[way].state is OUT else 404)
    assert (actor_of(people[SIGNED_OUT].id, LATER) is None) == (WAYS[way].state is OUT)
    for one in people[:3]:
        actor = actor_of(one.id, LATER)
        assert actor is None or (
            actor.covers(kept.id, Role.COORDINATOR) and not actor.covers(left.id, Role.COORDINATOR)
        )
    told = {one.id: set(session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == one.id)))
            for one in (boss, head, *people)}  # fmt: skip
    alarmed = "account.left_but_kept" in told[boss.id]
    assert alarmed == (WAYS[way].state is OUT) and ("account.left_but_kept" in told[head.id]) == alarmed
    assert ("account.own_role_ended" in told[people[SIGNED_OUT].id]) == (WAYS[way].state is STAYS)

    # work goes to somebody of the school; notes stay sealed, and the school is told that their keeper left
    sweep(LATER)
    assert fresh(work).owner_id == colleague.id
    assert session.scalars(select(CircleNote.author_id)).all() == [people[KEEPER].id]
    of_keeper = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "circle.notes_left")
    assert set(session.scalars(of_keeper)) == {head.id, colleague.id}
    if WAYS[way].state is STAYS:
        with pytest.raises(NotFound):
            write_note(Invocation(acting(people[KEEPER]), LATER), circle.id, "from elsewhere")
