"""A school's contacts: School Sergeants with a card, Safe Passage routes, and a team that is filed by roles alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import SchoolFactory
from tests.training.conftest import NOW, TODAY
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.contacts import (
    SafePassageRoute,
    SchoolSergeant,
    ThreatTeam,
    add_route,
    add_sergeant,
    correct_team,
    end_route,
    file_team,
    routes_of,
    team_filed,
)
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.pathways.referrals.referral.models import Partner


@pytest.fixture
def scene(session: Any, at: Callable[..., Any]) -> Any:
    """A school with its administrator and a dean, and the administrator of another one."""
    at("2026-11-24 10:00")
    school, other = SchoolFactory(name="Willow"), SchoolFactory(name="Elm")
    return SimpleNamespace(
        school=school, other=other, head=make_user(Role.ADMINISTRATOR, school), dean=make_user(Role.DEAN, school),
        reporter=make_user(Role.REPORTER, school), stranger=make_user(Role.ADMINISTRATOR, other),
    )  # fmt: skip


CORNER = {"place": "A corner", "hours": "7 to 9", "vendor": "A vendor"}


def call(user: Any) -> Invocation:
    return Invocation(acting(user), NOW)


def test_a_school_keeps_its_contacts_and_its_staff_read_them(scene: Any, client_as: Any) -> None:
    client = client_as(scene.head)
    sergeant = {"police_district": "010", "name": "Robin Vale", "phone": "312-555-0101"}
    assert client.submit("/school-sergeants", sergeant).status_code == 303
    corner = {"place": "Corner of Maple", "hours": "7:15–8:30", "vendor": "Brick House"}
    assert client.submit("/contacts/routes/new", corner | {"hours": " "}).status_code == 400
    assert client.submit("/contacts/routes/new", corner).status_code == 303
    team = {"filed_on": "2026-11-20", "roles": ["administrator", "police"]}
    assert client.submit("/contacts/team/new", team | {"roles": None}).status_code == 400
    assert client.submit("/contacts/team/new", team).status_code == 303
    page = client_as(scene.dean).page("/contacts").text
    for words in ("Robin Vale", "Corner of Maple", "Brick House", "Police officer", "Fri, Nov 20, 2026"):
        assert words in page
    row = db.session.scalars(select(SchoolSergeant)).one()
    assert row.starts_on == TODAY
    card = f"/contacts/sergeants/{row.id}/card"
    assert "312-555-0101" in client_as(scene.dean).page(card).text
    assert client_as(scene.stranger).get(card).status_code == 404
    assert client_as(scene.reporter).get("/contacts").status_code == 404
    assert "Robin Vale" not in client_as(scene.stranger).page("/contacts").text
    assert "End" not in [one.text.strip() for one in client_as(scene.dean).page("/contacts").find_all("button")]


def test_only_who_manages_the_school_changes_its_contacts(scene: Any) -> None:
    number = add_route(call(scene.head), scene.school.id, **CORNER)
    for user in (scene.dean, scene.stranger):
        with pytest.raises(NotFound):
            add_route(call(user), scene.school.id, **CORNER)
        with pytest.raises(NotFound):
            end_route(call(user), number)
        with pytest.raises(NotFound):
            file_team(call(user), scene.school.id, filed_on=TODAY, roles=["teacher"])
        with pytest.raises(NotFound):
            add_sergeant(call(user), scene.school.id, police_district="010", name="X", phone="1")
    assert [row.id for row in routes_of(scene.school.id)] == [number]
    end_route(call(scene.head), number)
    end_route(call(scene.head), number)
    assert routes_of(scene.school.id) == []
    assert db.session.get_one(SafePassageRoute, number).ended_at == NOW


def test_a_team_is_filed_by_roles_and_lets_no_one_in(scene: Any) -> None:
    grants = db.session.scalar(select(func.count(RoleGrant.id)))
    for day, roles in ((TODAY + timedelta(days=1), ["teacher"]), (TODAY, []), (TODAY, ["teacher", "mayor"])):
        with pytest.raises(Refused):
            file_team(call(scene.head), scene.school.id, filed_on=day, roles=roles)
    file_team(call(scene.head), scene.school.id, filed_on=TODAY, roles=["police", "administrator"])
    file_team(call(scene.head), scene.school.id, filed_on=date(2026, 9, 1), roles=["teacher"])
    team = team_filed(scene.school.id)
    assert team is not None and (team.filed_on, team.roles) == (TODAY, ["administrator", "police"])
    assert db.session.scalar(select(func.count(RoleGrant.id))) == grants
    known = {"id", "school_id", "filed_on", "roles", "recorded_at", "recorded_by_id", "version"}
    assert {column.name for column in table_of(ThreatTeam).columns} == known, "no name, no account, no assessment"


def test_a_partner_has_roles_beside_a_school(scene: Any, client_as: Any) -> None:
    partner = PartnerFactory(name="Brick House Outreach")
    client, address = client_as(make_user(Role.DISTRICT)), f"/partners/{partner.id}"
    assert client.submit(f"{address}/edit", {"roles": ["mayor"]}).status_code == 400
    assert client.submit(f"{address}/edit", {"roles": ["safe_passage", "steering"]}).status_code == 303
    assert "Safe Passage vendor" in client.page(address).text
    assert set(db.session.scalars(select(Partner.roles)).one()) == {"safe_passage", "steering"}


def test_a_filing_is_put_right_with_a_trace(scene: Any, client_as: Any) -> None:
    client = client_as(scene.head)
    number = file_team(call(scene.head), scene.school.id, filed_on=TODAY, roles=["teacher"])
    page = f"/contacts/team/{number}/change"
    right = {"filed_on": "2026-09-01", "roles": ["teacher", "police"]}
    for wrong in ({"filed_on": "2026-11-25"}, {"filed_on": "2099-01-01"}, {"roles": None}):
        assert client.submit(page, right | wrong).status_code == 400
    seen = str(db.session.get_one(ThreatTeam, number).version)
    assert client.submit(page, right | {"version": seen}).status_code == 303
    assert client.submit(page, right | {"version": seen, "roles": ["other"]}).status_code == 409
    shown = client.page("/contacts").text
    assert "Filed Tue, Sep 1, 2026" in shown and "Before: Tue, Nov 24, 2026: Teacher" in shown
    assert client_as(scene.stranger).get(page).status_code == client_as(scene.dean).get(page).status_code == 404
    with pytest.raises(NotFound):
        correct_team(call(scene.stranger), number, filed_on=TODAY, roles=["teacher"])


def test_contacts_stand_in_lists_that_leave_as_files(scene: Any, client_as: Any) -> None:
    make_user(Role.DISTRICT)  # whom the file's taking is told
    client = client_as(scene.head)
    for district, name in (("010", "Robin Vale"), ("009", "Alex Moor")):
        add_sergeant(call(scene.head), scene.school.id, police_district=district, name=name, phone="312-555-0101")
    for place in ("Birch corner", "Ash corner"):
        add_route(call(scene.head), scene.school.id, place=place, hours="7 to 9", vendor="Brick House")
    add_route(call(scene.stranger), scene.other.id, place="Foreign corner", hours="7 to 9", vendor="A vendor")
    text = client.page("/contacts").text
    assert text.index("Alex Moor") < text.index("Robin Vale") and text.index("Ash corner") < text.index("Birch corner")
    text = client.page("/contacts?sort=-name").text
    assert text.index("Robin Vale") < text.index("Alex Moor")
    files = [one.get("href") for one in client.page("/contacts").find_all("a") if "csv" in (one.get("href") or "")]
    said = [client.submit(address, {"reason": "For the review of our plan"}) for address in files]
    assert [answer.status_code for answer in said] == [200, 200], said[0].text
    assert "Robin Vale" in said[0].text and "Birch corner" in said[1].text
    assert "Foreign corner" not in said[0].text + said[1].text
    assert not [one for one in client_as(scene.dean).page("/contacts").find_all("button") if one.text.strip() == "End"]
