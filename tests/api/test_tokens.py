"""A token: asked for by one person, agreed to by another, shown once, read by its digest, ended at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.calling import ask, call, make_token, token_form
from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.api import tokens as api_tokens
from wss_cases.api.tokens import ApiToken, Ended, Scope, agree_to_token, ask_for_token
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.ids import token_digest
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.networks import rename_network

ClientAs = Callable[[Any], PageClient]
PAGE = "/district/api-tokens"
MOST = 4
FORM = {"name": "Warehouse", "scopes": ["schools", "counts"], "reach": "all", "ends_on": "2027-06-01"}


@pytest.fixture(autouse=True)
def moment(session: Any, at: Callable[..., Any]) -> Callable[..., Any]:
    at("2026-11-24 10:00")
    return at


def only() -> ApiToken:
    return fresh(db.session.scalars(select(ApiToken)).one())


def test_a_token_reads_once_another_person_agreed_and_not_a_moment_after_its_end(
    client: PageClient, client_as: ClientAs
) -> None:
    boss, other = client_as(make_user(Role.DISTRICT)), client_as(make_user(Role.SYSADMIN))
    made = boss.submit(f"{PAGE}/new", FORM)
    text = made.get_data(as_text=True)
    token = only()
    secret = text.split('value="wss_')[1].split('"')[0]
    secret = f"wss_{secret}"
    assert token.secret_digest == token_digest(secret) and secret not in str(vars(token))
    one = f"{PAGE}/{token.id}"
    assert secret not in boss.get(one).get_data(as_text=True), "it is shown once"
    assert ask(client, secret, "schools").status_code == 401
    refused = boss.submit(f"{one}/agree")
    assert (refused.status_code, only().agreed_at) == (400, None), "one person is not two"
    assert other.submit(f"{one}/agree").status_code == 303
    assert ask(client, secret, "schools").status_code == 200
    assert other.submit(f"{one}/end").status_code == 303
    assert ask(client, secret, "schools").status_code == 401
    assert (only().ended_why, boss.get(f"{one}/end").status_code) == (Ended.REVOKED, 404)
    told = boss.page(one).text
    assert "Agreed by a second person" in told and "Ended: Revoked" in told
    read = select(AuditEntry.action).where(AuditEntry.object_type == "api_token").order_by(AuditEntry.id)
    acts = list(db.session.scalars(read))
    assert acts == ["api_token.asked", "overreach.refused", "api_token.agreed", "api.read", "api_token.ended"]


def test_what_a_form_lacks_is_said_at_its_field_and_makes_nothing(client_as: ClientAs) -> None:
    SchoolFactory(network="Network 1", code="ELM")
    boss = client_as(make_user(Role.DISTRICT))
    for field, change in {
        "Name the system": {"name": " "},
        "Choose at least one": {"scopes": []},
        "Choose a network": {"reach": "network"},
        "Name at least one school": {"reach": "some"},
        "no school with the number or code NOWHERE": {"reach": "some", "schools": "ELM\nNOWHERE"},
        "at most a year from now": {"ends_on": "2027-11-25"},
        "Choose a day after today": {"ends_on": "2026-11-24"},
    }.items():
        answer = boss.submit(f"{PAGE}/new", FORM | change)
        assert answer.status_code == 400 and field in answer.get_data(as_text=True), field
    assert db.session.scalar(select(ApiToken.id)) is None
    assert boss.submit(f"{PAGE}/new", FORM | {"reach": "some", "schools": " ELM \n"}).status_code == 200
    assert len(only().schools) == 1


def test_only_the_whole_district_makes_tokens_and_its_system_administrators_see_them(client_as: ClientAs) -> None:
    SchoolFactory(network="Network 1")
    make_token()
    head = UserFactory()
    RoleGrantFactory(user_id=head.id, role=Role.DISTRICT, network="Network 1")
    clients = [client_as(one) for one in (head, make_user(Role.SYSADMIN))]
    assert [one.get(f"{PAGE}/new").status_code for one in clients] == [404, 404]
    assert clients[0].get(PAGE).status_code == 404 and "warehouse" in clients[1].page(PAGE).text
    for one in (call(head), call(make_user(Role.SYSADMIN))):
        with pytest.raises(NotFound):
            ask_for_token(one, token_form(), "wss_x")
    token_id, by_head = only().id, call(fresh(head))
    with pytest.raises(NotFound):
        agree_to_token(by_head, token_id)


def test_guessed_run_out_and_not_agreed_all_look_alike(client: PageClient, moment: Callable[..., Any]) -> None:
    good = make_token(until=date(2026, 12, 1))
    waits = "wss_waits"
    ask_for_token(call(make_user(Role.DISTRICT)), token_form(), waits)
    answers = [ask(client, secret, "schools") for secret in ("", "wss_guessed", good + "x", waits)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")
    moment("2026-12-01 23:59")
    assert ask(client, good, "schools").status_code == 200, "its last day is a whole one"
    moment("2026-12-02 00:01")
    assert ask(client, good, "schools").data == answers[0].data


def test_a_session_opens_nothing_and_a_token_opens_no_page(client: PageClient, client_as: ClientAs) -> None:
    assert client_as(make_user(Role.DISTRICT)).get("/api/v1/schools").status_code == 401
    answer = client.get("/outcomes", headers={"Authorization": f"Bearer {make_token()}"})
    assert answer.status_code == 303 and "/sign-in" in answer.headers["Location"]


def test_a_scope_that_is_missing_looks_like_an_address_that_is_not_there(client: PageClient) -> None:
    secret = make_token(scopes=[Scope.SCHOOLS])
    missing = ask(client, secret, "nowhere")
    for address in ("counts", "cases"):
        answer = ask(client, secret, address)
        assert (answer.status_code, answer.data, answer.mimetype) == (404, missing.data, "application/problem+json")
    posted = client.post("/api/v1/schools")
    assert (posted.status_code, posted.mimetype) == (405, "application/problem+json")


def test_a_token_ends_with_its_makers_role_and_does_not_come_back(client: PageClient) -> None:
    boss = make_user(Role.DISTRICT)
    secret = make_token(by=boss)
    assert ask(client, secret, "schools").status_code == 200
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == boss.id)).one()
    grant.ends_on = date(2026, 11, 1)
    db.session.commit()
    assert ask(client, secret, "schools").status_code == 401
    fresh(grant).ends_on = None
    db.session.commit()
    assert acting(boss).everywhere(Role.DISTRICT)
    assert ask(client, secret, "schools").status_code == 401
    assert only().ended_why is Ended.MAKER_LEFT


def test_too_many_calls_wait_and_each_call_leaves_one_row_before_it_reads(
    client: PageClient, moment: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MOST_CALLS", MOST)
    secret = make_token()
    assert ask(client, secret, "schools?limit=1&odd=1").status_code == 400
    for _number in range(MOST - 1):
        assert ask(client, secret, "schools?limit=1").status_code == 200
    slowed = ask(client, secret, "schools?limit=1")
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "60")
    rows = list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "api.read")))
    assert len(rows) == MOST and secret not in str([vars(row) for row in rows])
    assert rows[-1].changes == {"page": "schools", "asked": {"limit": "1"}}
    moment("2026-11-24 10:01")
    assert ask(client, secret, "schools?limit=1").status_code == 200


def test_a_network_keeps_its_token_when_it_is_renamed(client: PageClient) -> None:
    school, boss = SchoolFactory(network="Network 1"), make_user(Role.DISTRICT)
    SchoolFactory(network="Network 2")
    secret = make_token(network="Network 1", by=boss)
    rename_network(call(boss), "Network 1", "Lakefront")
    answer = ask(client, secret, "schools").get_json()["data"]
    assert [(one["id"], one["network"]) for one in answer] == [(school.id, "Lakefront")]


def test_two_accounts_of_one_person_do_not_agree(session: Any) -> None:
    boss = make_user(Role.DISTRICT)
    token_id = ask_for_token(call(boss), token_form(), "wss_y")
    unknown = make_user(Role.SYSADMIN, first_setup=False)
    for one in (boss, unknown):
        with pytest.raises(Overreach):
            agree_to_token(call(one), token_id)
    with pytest.raises(Refused):
        ask_for_token(call(boss), token_form(ends_on=date(2026, 1, 1)), "wss_z")
