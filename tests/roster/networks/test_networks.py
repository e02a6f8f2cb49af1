"""Schools and networks on pages: found, renamed, moved, and what hangs on a network's name goes with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.roster.oneroster.bundles import NOW, org, roster, take, user, write
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.accounts.people.pages import give_role
from wss_cases.board.report.queries import Every
from wss_cases.board.stored_reports import BoardSubscription, subscribe
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School
from wss_cases.roster.networks import AS_ROSTER, MOVED, NONE, make_network, move_school, network_names, rename_network


@pytest.fixture(autouse=True)
def stopped(at: Callable[..., Any]) -> None:
    at("2026-11-24 10:00")


def call(one: Any, version: int | None = None) -> Invocation:
    return Invocation(acting(one), NOW, None, version)


def test_a_name_takes_everything_with_it_that_hangs_on_it(session: Any) -> None:
    school, boss = SchoolFactory(network="Network 1"), make_user(Role.DISTRICT)
    head = UserFactory()
    RoleGrantFactory(user_id=head.id, role=Role.DISTRICT, network="Network 1")
    db.session.add(NetworkApprover(network="Network 1", approver_id=head.id, hours=4))
    db.session.commit()
    subscribe(call(head), None, "Network 1", Every.MONTH, "en")
    with pytest.raises(NotFound):
        rename_network(call(head), "Network 1", "Lakefront")
    with pytest.raises(Refused, match="already"):
        make_network(call(boss), name="NETWORK 1")
    make_network(call(boss), name="Empty")
    with pytest.raises(Refused, match="already"):
        rename_network(call(boss), "Network 1", "empty")
    rename_network(call(boss), "Network 1", " Lakefront  North ")
    assert network_names() == ["Empty", "Lakefront North"] and fresh(school).network == "Lakefront North"
    assert acting(head).covers(school.id, Role.DISTRICT), "who administers it does so still"
    assert session.scalars(select(NetworkApprover.network)).one() == "Lakefront North"
    wish = session.scalars(select(BoardSubscription)).one()
    assert (wish.network, wish.scope) == ("Lakefront North", "network:Lakefront North")


def feed(folder: Path, name: str = "Willow", above: str = "n1") -> None:
    orgs = [
        org("d1", "district", ""), org("n1", "local", name="Network 1"), org("n2", "local", name="Network 2"),
        org("s1", parent=above) | {"name": name}, org("s2", parent=above) | {"name": f"{name} Two"},
    ]  # fmt: skip
    take(write(folder, roster([user(1)], orgs=orgs)))


def test_a_roster_keeps_the_name_and_the_place_that_the_district_gave(session: Any, tmp_path: Path) -> None:
    feed(tmp_path)
    boss = make_user(Role.DISTRICT)
    one, two = session.scalars(select(School).order_by(School.sourced_id))
    rename_network(call(boss), "Network 1", "Lakefront")
    make_network(call(boss), name="Pilot")
    move_school(call(boss, fresh(two).version), two.id, network="Pilot")
    feed(tmp_path, "Willow renamed")
    one, two = fresh(one), fresh(two)
    assert (one.name, one.network, two.name, two.network) == (
        "Willow renamed", "Lakefront", "Willow renamed Two", "Pilot",
    )  # fmt: skip
    feed(tmp_path, "Willow renamed", above="n2")
    one, two = fresh(one), fresh(two)
    assert (one.network, two.network, two.roster_network) == ("Network 2", "Pilot", "Network 2")
    move_school(call(boss), two.id, network=AS_ROSTER)
    two = fresh(two)
    assert (two.network, two.network_by_hand) == ("Network 2", False)
    with pytest.raises(Refused):
        move_school(call(boss), two.id, network="Nowhere")


def test_seven_hundred_schools_are_found_page_by_page(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    schools = [SchoolFactory(name=f"School {n:03}", identifier=f"6{n:03}", network="Network 1") for n in range(52)]
    SchoolFactory(name="Zebra Annex", network=None)
    page = client_as(make_user(Role.DISTRICT))
    first = page.get("/district/schools").text
    assert "School 049" in first and "School 050" not in first
    rest = page.get(f"/district/schools?after={schools[49].id}").text
    assert "School 050" in rest and "Zebra Annex" in rest and "School 049" not in rest
    assert "School 007" in page.get("/district/schools?q=6007").text
    outside = page.get(f"/district/schools?network={NONE}").text
    assert "Zebra Annex" in outside and "School 001" not in outside
    own = client_as(make_user(Role.ADMINISTRATOR, schools[3]))
    assert "School 003" in own.get("/district/schools").text and "School 004" not in own.get("/district/schools").text


def test_a_school_is_moved_and_a_role_for_the_network_given_on_pages(
    session: Any, client_as: Callable[[Any], Any]
) -> None:
    school, boss = SchoolFactory(network="Network 1"), make_user(Role.SYSADMIN)
    leads, _leads_another = make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, SchoolFactory())
    SchoolFactory(network="Network 2")
    somebody = make_user(Role.DISTRICT)
    page = client_as(somebody)
    moved = page.submit(f"/district/schools/{school.id}/network", {"network": "Network 2"})
    assert moved.status_code == 303 and fresh(school).network == "Network 2"
    assert "Network changed: Network 2" in page.get(f"/district/schools/{school.id}").text
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == MOVED)
    assert session.scalars(told).all() == [leads.id]
    assert page.submit(f"/district/schools/{school.id}/network", {"network": "Network 2"}).status_code == 303
    assert session.scalars(told).all() == [leads.id], "nothing changed"
    head = UserFactory()
    give_role(acting(boss), head.id, Role.DISTRICT, None, clock.now().date(), None, NOW, "Network 2")
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == head.id)).one()
    assert (grant.network, grant.district) == ("Network 2", False)
