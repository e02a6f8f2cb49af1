"""Google, Entra, Clever, ClassLink and Keycloak as each really answers: from the first click to a fresh act."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.sign_in.test_password import forget
from tests.accounts.sign_in.test_second_factor import SECRET
from tests.accounts.sign_in.test_sso import go, let_in, provider
from tests.factories.accounts import acting
from tests.support.pages.client import PageClient
from tests.support.servers.sign_on_provider import Provider
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.sign_in import second_factor as factor
from wss_cases.foundation import clock

__all__ = ["provider"]
FRESH = "/account/sessions"

SILENT: dict[str, dict[str, Any]] = {
    # its discovery names neither auth_time nor amr, and prompt=login is answered by a page of its own
    "Google": {
        "takes_prompts": ("none", "consent", "select_account"),
        "offers": {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]},
        "person": {
            "sub": "u-1", "azp": "wss-test", "hd": "district.example", "email": "ana@district.example",
            "email_verified": True, "name": "Ana Ruiz",
        },
    },
    # auth_time and email are optional claims; groups are object ids, and above 200 a place to ask for them
    "Entra": {
        "offers": {"claims_supported": ["sub", "iss", "auth_time", "acr", "nonce", "preferred_username", "email"]},
        "person": {
            "sub": "u-1", "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": "9122040d-6c67-4c5b-b112-36a304b66dad",
            "preferred_username": "ana@district.example", "ver": "2.0", "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.example/getMemberObjects"}},
        },
    },
    "Clever": {
        "person": {
            "sub": "u-1", "user_id": "64f0e287", "multi_role_user_id": "u-1", "user_type": "staff",
            "district": "64ef5e6c", "email": "ana@district.example", "email_verified": False,
        },
    },
    # takes the client's secret in the body alone
    "ClassLink": {
        "secret_in": "body",
        "offers": {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
        "person": {
            "sub": "u-1", "TenantId": 77, "Role": "Teacher", "SourcedId": "T-1", "LoginId": "ana",
            "email": "ana@district.example",
        },
    },
}  # fmt: skip


def behaves(provider: Provider, how: dict[str, Any], *, says_when: bool) -> None:
    """Let the provider answer as one of the five does."""
    for name, value in how.items():
        setattr(provider, name, value)
    provider.says_when = says_when


def code_of_now() -> str:
    return pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))


@pytest.mark.parametrize("name", SILENT)
def test_who_does_not_say_when_it_asked_signs_on_and_our_own_code_is_the_fresh_proof(
    session: Any, client: PageClient, provider: Provider, at: Callable[..., Any], name: str
) -> None:
    at("2026-11-24 10:00")
    behaves(provider, SILENT[name], says_when=False)
    user = let_in(session, provider)
    assert client.get(go(client, next="/account")).headers["Location"] == "/account", "the first click"
    assert client.get(FRESH).headers["Location"].startswith("/account/confirm"), "which alone proves nothing fresh"
    page = client.get("/account/confirm").get_data(as_text=True)
    assert "/sign-on?next=/account/second-factor" in page and "again=1" not in page and 'type="password"' not in page
    assert client.get("/account/second-factor").status_code == 200, "a first factor can be set up"
    at("2026-11-24 10:30")
    assert client.get("/account/second-factor").status_code == 303, "by whoever just came from there alone"
    row = session.scalars(select(UserSession.id)).one()
    factor.enrol(acting(user), SECRET, code_of_now(), "", clock.now(), row)
    before, later = session.scalars(select(UserSession).order_by(UserSession.id)).all()
    assert before.revoked_at and later.by_sign_on and not later.says_when, "what goes on is of the same sign-on"
    forget(client)
    at("2026-11-25 08:00")
    assert client.get(go(client, next="/account")).headers["Location"].startswith("/sign-in/code")
    assert client.submit("/sign-in/code", {"code": code_of_now()}).status_code == 303
    assert client.get(FRESH).status_code == 200, "its code was a fresh proof"
    at("2026-11-25 08:30")
    assert client.get(FRESH).status_code == 303
    page = client.get("/account/confirm").get_data(as_text=True)
    assert 'name="code"' in page and 'type="password"' not in page and "/sign-on" not in page
    assert client.submit("/account/confirm", {"code": "000000", "next": FRESH}).status_code == 400
    answer = client.submit("/account/confirm", {"code": code_of_now(), "next": FRESH})
    assert (answer.status_code, answer.headers["Location"]) == (303, FRESH)
    assert client.get(FRESH).status_code == 200
    assert client.get("/sign-on?again=1").status_code == 302
    client.get(go(client, again="1"))
    assert "prompt" not in provider.asked[-1]


def test_keycloak_says_when_and_how_and_is_asked_again(
    session: Any, client: PageClient, provider: Provider, at: Callable[..., Any], app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    at("2026-11-24 10:00")
    monkeypatch.setitem(app.config, "OIDC_ACR", ("otp",))
    person = {"sub": "u-1", "acr": "1", "amr": ["pwd", "otp"], "groups": ["/staff/deans"], "email_verified": True}
    behaves(provider, {"person": person}, says_when=True)
    let_in(session, provider, Role.SYSADMIN)
    provider.spoil = lambda claims: claims.update(auth_time=claims["iat"] - 3600)
    assert client.get(go(client)).status_code == 303
    assert client.get("/people").status_code == 200, "its second factor counts"
    assert client.get(FRESH).status_code == 303, "an hour ago is not fresh, though the session is new"
    provider.spoil = lambda claims: None
    assert client.get(go(client, again="1", next=FRESH)).headers["Location"] == FRESH
    assert provider.asked[-1]["prompt"] == "login" and provider.asked[-1]["max_age"] == "0"
    assert client.get(FRESH).status_code == 200
    provider.says_when = False
    assert client.get(go(client, again="1")).status_code == 400, "asked again, it has to say so"


def test_a_code_alone_proves_nothing_where_a_password_opened_the_session(
    session: Any, client_as: Callable[[Any], PageClient], at: Callable[..., Any]
) -> None:
    at("2026-11-24 10:00")
    from_password = let_in(session, Provider())
    factor.enrol(acting(from_password), SECRET, code_of_now(), "", clock.now())
    client = client_as(from_password)
    at("2026-11-24 10:30")
    assert client.submit("/account/confirm", {"password": "wrong", "code": code_of_now()}).status_code == 400
    assert client.get(FRESH).status_code == 303
