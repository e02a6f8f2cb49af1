"""The district's own sign-on, against a provider that answers over HTTP: who is let in, and everything that is not."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.sign_in.test_password import forget, sign_in
from tests.accounts.sign_in.test_second_factor import SECRET
from tests.factories.accounts import PASSWORD, UserFactory, acting, make_user
from tests.support.pages.client import PageClient
from tests.support.servers.sign_on_provider import CLIENT_ID, CLIENT_SECRET, Provider, private_key
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, Invitation, UserSession
from wss_cases.accounts.credentials import invitation_token
from wss_cases.accounts.sign_in import second_factor as factor
from wss_cases.accounts.sign_in.sso import SignOn
from wss_cases.foundation import clock
from wss_cases.foundation.sign_in import EXTENSION, init_sign_on
from wss_cases.journal.models import OutboxMessage

ClientAs = Callable[[Any], PageClient]


@pytest.fixture
def provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider, and the application set up for it."""
    running = Provider()
    running.start()
    for name, value in (
        ("OIDC_ISSUER", running.issuer), ("OIDC_CLIENT_ID", CLIENT_ID), ("OIDC_CLIENT_SECRET", CLIENT_SECRET),
        ("OIDC_ACR", ()), ("BREAK_GLASS", "glass@district.example"), ("SECOND_FACTOR", "administrators"),
    ):  # fmt: skip
        monkeypatch.setitem(app.config, name, value)
    init_sign_on(app)
    yield running
    app.extensions.pop(EXTENSION)
    running.stop()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def visit(address: str) -> str:
    """Be the browser at the provider: return where it is sent back to."""
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=10)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["Location"]).replace("http://localhost:8000", "")
    raise AssertionError("the provider did not redirect")


def go(client: PageClient, **query: Any) -> str:
    """Go to the provider and be sent back; return the address of coming back."""
    answer = client.get("/sign-on", query_string=query)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return visit(answer.headers["Location"])


def let_in(session: Any, provider: Provider, role: Role = Role.DEAN, **account: Any) -> Any:
    """Return somebody whose account is linked to the provider's person."""
    user = make_user(role, **account)
    session.add(SignOn(user_id=user.id, issuer=provider.issuer, subject="u-1", linked_at=clock.now()))
    session.commit()
    return user


def test_a_linked_person_signs_on_and_the_session_id_changes(
    session: Any, client: PageClient, provider: Provider
) -> None:
    user = let_in(session, provider)
    client.get("/sign-in")
    with client.session_transaction() as cookie:
        cookie["planted"] = "before"
    answer = client.get(go(client, next="/account"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    row = session.scalars(select(UserSession)).one()
    assert row.user_id == user.id and row.by_sign_on and not row.factor_by_provider
    assert client.get("/account").status_code == 200


SPOILT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "wrong audience": lambda claims: claims.update(aud="another-client"),
    "wrong audience, ours as azp": lambda claims: claims.update(aud="another-client", azp=CLIENT_ID),
    "wrong nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "wrong issuer": lambda claims: claims.update(iss="https://elsewhere.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 3600, iat=claims["iat"] - 7200),
    "not yet valid": lambda claims: claims.update(nbf=claims["iat"] + 3600),
    "no subject": lambda claims: claims.pop("sub"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_token_with_wrong_claims_is_refused(session: Any, client: PageClient, provider: Provider, how: str) -> None:
    let_in(session, provider)
    provider.spoil = SPOILT[how]
    refused(session, client, go(client))


@pytest.mark.parametrize("how", ["another key", "unsigned", "signed with the shared secret"])
def test_a_token_with_a_wrong_signature_is_refused(
    session: Any, client: PageClient, provider: Provider, how: str
) -> None:
    let_in(session, provider)
    if how == "another key":
        provider.key = private_key(2)
    else:
        provider.algorithm = "none" if how == "unsigned" else "HS256"
    refused(session, client, go(client))


def test_wrong_state_and_replays_are_refused(session: Any, client: PageClient, provider: Provider) -> None:
    let_in(session, provider)
    back = go(client)
    refused(session, client, back.replace("state=", "state=x"))
    back = go(client)
    asked = provider.asked[-1]
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    other.around = client.around
    refused(session, other, back)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400, "the same answer again"
    forget(client)
    provider.token = provider.sign(asked["nonce"])
    assert client.get(go(client)).status_code == 400, "an earlier token again"
    assert client.get("/account").status_code == 303


def test_the_same_address_or_subject_from_another_issuer_is_nobody(
    session: Any, client: PageClient, provider: Provider
) -> None:
    user = make_user(Role.DEAN)
    session.add(SignOn(user_id=user.id, issuer="https://first.example", subject="u-1", linked_at=clock.now()))
    session.commit()
    provider.person = {"sub": "u-1", "email": user.email, "email_verified": True}
    refused(session, client, go(client))


def test_a_provider_that_names_itself_otherwise_is_asked_nothing(
    session: Any, client: PageClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(session, provider)
    other = provider.metadata() | {"issuer": "https://elsewhere.example"}
    monkeypatch.setattr(provider, "metadata", lambda: other)
    assert client.get("/sign-on").status_code == 400 and provider.asked == []


def test_proving_it_again_goes_to_the_provider_which_must_really_ask(
    session: Any, client: PageClient, provider: Provider, at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    let_in(session, provider)
    assert client.get(go(client)).status_code == 303
    at("2026-11-24 10:30")
    assert client.get("/account/second-factor").headers["Location"].startswith("/account/confirm")
    page = client.get("/account/confirm").get_data(as_text=True)
    assert "/sign-on?again=1" in page and 'type="password"' not in page
    provider.spoil = lambda claims: claims.update(auth_time=claims["iat"] - 1800)
    assert client.get(go(client, again="1")).status_code == 400
    assert client.get("/account/second-factor").status_code == 303
    provider.spoil = lambda claims: None
    assert client.get(go(client, again="1")).status_code == 303
    assert provider.asked[-1]["prompt"] == "login"
    assert client.get("/account/second-factor").status_code == 200
    ended = [row.revoked_at is not None for row in session.scalars(select(UserSession).order_by(UserSession.id))]
    assert ended == [True, False]


def test_sessions_here_and_at_the_provider_end_as_the_table_in_decision_12_says(
    session: Any, client: PageClient, provider: Provider, at: Callable[..., Any]
) -> None:
    at("2026-11-24 08:00")
    user = let_in(session, provider)
    proved = clock.now().timestamp()

    def says(when: float) -> None:
        provider.spoil = lambda claims: claims.update(auth_time=when)

    says(proved - 12 * 3600 - 360)
    refused(session, client, go(client))
    assert provider.asked[-1]["max_age"] == str(12 * 3600) and "prompt" not in provider.asked[-1]
    says(proved)
    assert client.get(go(client)).status_code == 303
    for hour in range(9, 20):
        at(f"2026-11-24 {hour:02}:00")
        token = client.csrf_token("/account")
        assert client.post("/session/keep", data={"csrf_token": token}).status_code == 200, hour
    at("2026-11-24 20:01")
    assert client.get("/account").status_code == 303, "busy or not, ours has ended"
    back = go(client)
    at("2026-11-24 20:06")
    assert client.get(back).status_code == 400, "the provider's proof is too old by now as well"
    says(clock.now().timestamp())
    assert client.get(go(client)).status_code == 303
    token = {"csrf_token": client.csrf_token("/account")}
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    assert client.post("/sign-out", data=token).status_code == 303
    with client.session_transaction() as cookie:
        cookie.update(kept)
    assert client.get("/account").status_code == 303, "signing out here ends ours at the server"
    forget(client)
    assert client.get(go(client)).status_code == 303, "the provider's session goes on"
    provider.stop()
    assert client.get("/account").status_code == 200, "and ours does without it"
    user.state = AccountState.DISABLED
    session.commit()
    assert client.get("/account").status_code == 303


def refused(session: Any, client: PageClient, back: str) -> None:
    """Coming back here opens nothing, and says little."""
    answer = client.get(back)
    assert answer.status_code == 400 and "You are not signed in" in answer.get_data(as_text=True)
    assert session.scalars(select(UserSession)).all() == []
    assert client.get("/account").status_code == 303


def test_only_an_invitation_links_and_only_once(session: Any, client: PageClient, provider: Provider) -> None:
    invited = UserFactory(state=AccountState.INVITED, password_hash=None)
    now = clock.now()
    row = Invitation(user_id=invited.id, created_at=now, expires_at=now + timedelta(days=7))
    session.add(row)
    session.commit()
    token = invitation_token(row.id)
    page = client.get(f"/invitation/{token}").get_data(as_text=True)
    assert "/sign-on?invitation=" in page and 'type="password"' not in page
    refused(session, client, go(client, invitation="forged"))
    assert client.get(go(client, invitation=token)).status_code == 303
    link = session.scalars(select(SignOn)).one()
    assert (link.user_id, link.issuer, link.subject) == (invited.id, provider.issuer, "u-1")
    forget(client)
    provider.person = {"sub": "u-2"}
    assert client.get(go(client, invitation=token)).status_code == 400
    invited.state = AccountState.DISABLED
    session.commit()
    provider.person = {"sub": "u-1"}
    assert client.get(go(client)).status_code == 400


def test_its_second_factor_is_demanded_where_set_and_else_ours_is(
    session: Any, client: PageClient, provider: Provider, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = let_in(session, provider, Role.SYSADMIN)
    client.get(go(client))
    assert client.get("/people").headers["Location"] == "/account/second-factor"
    forget(client)
    now = clock.now()
    factor.enrol(acting(user), SECRET, pyotp.TOTP(SECRET).at(int(now.timestamp())), "", now)
    assert client.get(go(client)).headers["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 303
    forget(client)
    monkeypatch.setitem(app.config, "OIDC_ACR", ("mfa", "https://refeds.org/profile/mfa"))
    for said, status in (({}, 400), ({"amr": ["pwd"]}, 400), ({"amr": ["pwd", "mfa"]}, 303)):
        provider.person = {"sub": "u-1", **said}
        assert client.get(go(client)).status_code == status, said
    assert "mfa" in provider.asked[-1]["acr_values"]
    assert client.get("/people").status_code == 200


def test_passwords_open_the_emergency_account_alone_and_that_is_told(
    session: Any, client: PageClient, provider: Provider, at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    dean, boss = make_user(Role.DEAN), make_user(Role.SYSADMIN)
    glass = make_user(Role.SYSADMIN, email="glass@district.example")
    code = pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))
    factor.enrol(acting(glass), SECRET, code, "", clock.now())
    at("2026-11-24 10:01")
    provider.stop()
    assert client.get("/sign-on").status_code == 503
    for email in (dean.email, boss.email, "nobody@district.example"):
        assert sign_in(client, email, PASSWORD).status_code == 400
    assert sign_in(client, glass.email).headers["Location"] == "/sign-in/code"
    used = OutboxMessage.kind == "account.break_glass_used"
    assert session.scalars(select(OutboxMessage).where(used)).all() == [], "not before the code"
    typed = pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))
    assert client.submit("/sign-in/code", {"code": typed}).status_code == 303
    told = set(session.scalars(select(OutboxMessage.recipient_id).where(used)))
    assert told == {boss.id, glass.id}


def test_the_emergency_account_works_only_with_a_second_factor_of_its_own(
    client_as: ClientAs, app: Flask, session: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECOND_FACTOR", "administrators")
    glass = make_user(Role.DEAN, email="glass@district.example")
    assert "/second-factor" in client_as(glass).get("/my-day").headers["Location"]
    assert client_as(make_user(Role.DEAN)).get("/my-day").status_code == 200
