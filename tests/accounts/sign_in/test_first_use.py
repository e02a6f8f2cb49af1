"""An account at first use: for the staff of the roster alone, and never another's."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.sign_in.test_password import forget
from tests.accounts.sign_in.test_sso import go, let_in, provider, visit
from tests.factories.accounts import PASSWORD, UserFactory, make_user
from tests.factories.roster import GuardianFactory, SchoolFactory, StaffMemberFactory, StudentFactory
from tests.support.pages.client import PageClient
from tests.support.servers.sign_on_provider import Provider
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount, UserSession
from wss_cases.accounts.sign_in.sso import SignOn
from wss_cases.foundation import clock
from wss_cases.foundation.settings import sign_on_settings
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import StaffPost
from wss_cases.roster.staff_accounts.models import AccountRule

__all__ = ["provider"]

VOUCHED = {"sub": "u-9", "email": "Ana@district.example", "email_verified": True, "hd": "district.example"}
GROUPS = (("groups", "8f1c", "coordinator"), ("groups", "8f1d", "dean"))


@pytest.fixture
def district(app: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A provider of many districts, whose own people the application may make accounts for."""
    for name, value in (
        ("SIGN_ON_STAFF_ID", "staff"), ("SIGN_ON_DOMAINS", ("district.example",)),
        ("SIGN_ON_TENANT", ("hd", "district.example")), ("SIGN_ON_ROLES", GROUPS),
    ):  # fmt: skip
        monkeypatch.setitem(app.config, name, value)
    return provider


def ana(session: Any, **more: Any) -> Any:
    """Put Ana Ruiz on the staff roster."""
    row = StaffMemberFactory(**{"name": "Ana Ruiz", "email": "ana@District.example", "sourced_id": "T-1"} | more)
    session.commit()
    return row


def made(session: Any) -> list[UserAccount]:
    session.expire_all()
    return list(session.scalars(select(UserAccount).order_by(UserAccount.id)))


def test_a_member_of_staff_gets_an_account_at_first_use_and_keeps_it(
    session: Any, client: PageClient, district: Provider
) -> None:
    staff = ana(session)
    district.person, district.says_when = dict(VOUCHED), False
    assert client.get(go(client, next="/account")).headers["Location"] == "/account"
    assert client.get("/account").status_code == 200
    [user] = made(session)
    assert (user.email, user.name, user.state) == ("ana@district.example", "Ana Ruiz", AccountState.ACTIVE)
    assert [(grant.role, grant.school_id) for grant in user.grants] == [(Role.REPORTER, staff.school_id)]
    session.refresh(staff)
    assert staff.user_id == user.id and session.scalars(select(OutboxMessage)).all() == []
    forget(client)
    assert client.get(go(client)).status_code == 303 and len(made(session)) == 1


@pytest.mark.parametrize(
    ("says", "roster", "roles"),
    [
        ({"staff": "T-1", "hd": "district.example"}, {}, [Role.REPORTER]),
        ({"staff": "T-1", "hd": "district.example", "groups": ["8f1c", "8f1d"]}, {}, [Role.COORDINATOR, Role.DEAN]),
        ({"xms_edov": True, "email_verified": None, "groups": ["0000"]}, {}, [Role.REPORTER]),
        ({"_claim_names": {"groups": "src1"}}, {}, [Role.REPORTER]),
    ],
)
def test_roles_come_from_what_the_district_mapped_and_reach_the_schools_of_the_roster(
    session: Any, client: PageClient, district: Provider, says: Any, roster: Any, roles: list[Role]
) -> None:
    staff, boss = ana(session, **roster), make_user(Role.SYSADMIN)
    session.commit()
    district.person = ({} if "staff" in says else dict(VOUCHED)) | {"sub": "u-9"} | says
    assert client.get(go(client)).status_code == 303
    held = session.execute(select(RoleGrant.role, RoleGrant.school_id).where(RoleGrant.user_id != boss.id)).all()
    assert sorted(held) == [(role, staff.school_id) for role in roles]
    told = set(session.scalars(select(OutboxMessage.recipient_id)))
    assert (boss.id in told) is (roles != [Role.REPORTER]), "more than reporting is told to whoever gives roles"


NOBODY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an address of the domain that no roster has": ({}, {"email": "other@district.example"}),
    "an address that nobody vouches for": ({"email_verified": False}, {}),
    "an address with no word about it": ({"email_verified": None}, {}),
    "a name that is no address": ({"email": None, "preferred_username": "ana@district.example"}, {}),
    "another domain": ({"email": "ana@elsewhere.example"}, {"email": "ana@elsewhere.example"}),
    "a domain that ends alike": ({"email": "ana@notdistrict.example"}, {"email": "ana@notdistrict.example"}),
    "somebody who left": ({}, {"is_active": False}),
    "somebody whom the roster does not bring": ({}, {"source": "manual"}),
    "another district": ({"hd": "other.example", "staff": "T-1"}, {}),
    "no district": ({"hd": None, "staff": "T-1"}, {}),
    "a student's account": ({"user_type": "student"}, {}),
    "a family's account": ({"Role": "Parent"}, {}),
    "another staff id": ({"staff": "T-2"}, {}),
    "no school": ({}, {"school_id": None}),
    "a staff id and no address": ({"staff": "T-1", "email": None}, {"email": ""}),
}


def test_nobody_else_gets_one(session: Any, client: PageClient, district: Provider) -> None:
    for why, (says, roster) in NOBODY.items():
        row = ana(session, **roster)
        district.person = VOUCHED | says
        assert client.get(go(client)).status_code == 400, why
        assert made(session) == [] and session.scalars(select(UserSession)).all() == [], why
        session.delete(row)
        session.commit()


def test_one_address_of_two_people_and_a_guardian_make_no_account(
    session: Any, client: PageClient, district: Provider
) -> None:
    GuardianFactory(email="ana@district.example")
    session.commit()
    district.person = dict(VOUCHED)
    assert client.get(go(client)).status_code == 400
    ana(session)
    ana(session, sourced_id="T-2", name="Bo Lind")
    assert client.get(go(client)).status_code == 400 and made(session) == []
    StudentFactory(source="test", sourced_id="T-9")
    ana(session, sourced_id="T-9", email="cy@district.example")
    district.person = VOUCHED | {"email": "cy@district.example"}
    assert client.get(go(client)).status_code == 400 and made(session) == [], "who is a student too"


def test_a_person_at_two_schools_is_one_account(session: Any, client: PageClient, district: Provider) -> None:
    schools = {ana(session).school_id, ana(session, source="other", school=SchoolFactory()).school_id}
    district.person = dict(VOUCHED)
    assert client.get(go(client)).status_code == 303
    [user] = made(session)
    assert {grant.school_id for grant in user.grants} == schools and len(user.grants) == 2


def test_the_rules_for_the_rosters_staff_give_the_roles(
    session: Any, client: PageClient, district: Provider, at: Any
) -> None:
    at("2026-11-24 10:00")
    staff, second = ana(session, role="counselor"), SchoolFactory()
    session.flush()
    session.add(StaffPost(staff_id=staff.id, school_id=second.id, role="principal"))
    said = {"starts_on": date(2026, 8, 1), "said_at": clock.now()}
    session.add(AccountRule(staff_role="principal", role=Role.ADMINISTRATOR, **said))
    session.commit()
    district.person = dict(VOUCHED)
    assert client.get(go(client)).status_code == 303 and made(session)[0].grants[0].role is Role.REPORTER
    forget(client)
    district.person = VOUCHED | {"sub": "u-8", "email": "bo@district.example"}
    other = ana(session, sourced_id="T-8", name="Bo Lind", email="bo@district.example", role="principal")
    session.add(AccountRule(staff_role="counselor", role=Role.COORDINATOR, **said))
    session.commit()
    assert client.get(go(client)).status_code == 400, "an administrator's role waits for its second person"
    other.role = "counselor"
    session.commit()
    assert client.get(go(client)).status_code == 303
    assert [(grant.role, grant.school_id) for grant in made(session)[1].grants] == [(Role.COORDINATOR, other.school_id)]


def test_an_account_that_there_is_waits_for_its_owner(session: Any, client: PageClient, district: Provider) -> None:
    ana(session)
    owner = make_user(Role.DEAN, email="ana@district.example")
    session.commit()
    district.person = dict(VOUCHED)
    assert client.get(go(client, next="/my-day")).headers["Location"] == "/sign-on/yours"
    assert client.get("/account").status_code == 303 and session.scalars(select(SignOn)).all() == []
    assert client.submit("/sign-on/yours", {"password": "a wrong one"}).status_code == 400
    assert session.scalars(select(SignOn)).all() == []
    answer = client.submit("/sign-on/yours", {"password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-on?next=/my-day")
    assert session.scalars(select(SignOn.user_id)).all() == [owner.id]
    assert client.get(go(client, next="/my-day")).headers["Location"] == "/my-day"
    assert client.get("/sign-on/yours").headers["Location"] == "/sign-in", "asked once"


def test_who_came_as_somebody_else_or_was_only_invited_takes_nothing(
    session: Any, client: PageClient, district: Provider
) -> None:
    ana(session)
    owner = let_in(session, district, Role.SYSADMIN, email="ana@district.example", password_hash=None)
    district.person = VOUCHED | {"sub": "u-2"}
    assert client.get(go(client)).headers["Location"] == "/sign-on/yours"
    assert 'type="password"' not in client.get("/sign-on/yours").get_data(as_text=True)
    token = {"csrf_token": client.csrf_token("/sign-on/yours"), "password": ""}
    assert client.post("/sign-on/yours", data=token).status_code == 400
    assert session.scalars(select(SignOn.subject)).all() == ["u-1"]
    owner.state = AccountState.DISABLED
    session.commit()
    assert client.get(go(client)).status_code == 400


def test_the_owner_links_another_district_account_from_the_inside(
    session: Any, client: PageClient, district: Provider
) -> None:
    let_in(session, district, email="ana@district.example")
    stranger = UserFactory()
    session.add(SignOn(user_id=stranger.id, issuer=district.issuer, subject="u-3", linked_at=stranger.created_at))
    session.commit()
    assert client.get(go(client)).status_code == 303
    assert "/account/sign-on" in client.get("/account").get_data(as_text=True)
    for subject, status in (("u-3", 400), ("u-2", 303)):
        district.person = {"sub": subject}
        answer = client.get("/account/sign-on")
        assert client.get(visit(answer.headers["Location"])).status_code == status
    assert sorted(session.scalars(select(SignOn.subject))) == ["u-2", "u-3"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"WSS_OIDC_ISSUER": "https://accounts.google.com", "WSS_SIGN_ON_DOMAINS": "district.example"}, "TENANT"),
        ({"WSS_OIDC_ISSUER": "https://login.microsoftonline.com/common/v2.0"}, "tenant"),
        ({"WSS_SIGN_ON_ROLES": "groups=8f1c:sysadmin"}, "WSS_SIGN_ON_ROLES"),
        ({"WSS_SIGN_ON_TENANT": "district.example"}, "WSS_SIGN_ON_TENANT"),
    ],
)
def test_settings_that_would_let_in_others_stop_the_start(given: dict[str, str], names: str) -> None:
    environ = {"WSS_OIDC_CLIENT_ID": "a", "WSS_OIDC_CLIENT_SECRET": "b", **given}
    with pytest.raises(RuntimeError, match=names):
        sign_on_settings(environ)


def test_the_mapping_of_roles_is_read() -> None:
    read = sign_on_settings({"WSS_SIGN_ON_ROLES": "groups=/staff/deans:dean; Role=Tenant Administrator:administrator"})
    assert read["SIGN_ON_ROLES"] == (
        ("groups", "/staff/deans", "dean"),
        ("Role", "Tenant Administrator", "administrator"),
    )
