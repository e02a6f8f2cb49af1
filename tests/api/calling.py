"""Tokens for tests, and calls with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from werkzeug.test import TestResponse

from tests.factories.accounts import acting, make_user
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.api.tokens import PREFIX, Reach, Scope, TokenForm, agree_to_token, ask_for_token
from wss_cases.foundation import clock
from wss_cases.foundation.forms import filled_from
from wss_cases.foundation.ids import new_token

EVERYTHING = tuple(Scope)
HERE = "/api/v1"


def call(user: Any) -> Invocation:
    return Invocation(acting(user), clock.now())


def token_form(**changes: Any) -> TokenForm:
    """A sound form for a token of all schools; `changes` are other answers."""
    sound = {"name": "x", "scopes": ["schools"], "reach": "all", "ends_on": date(2027, 1, 1)}
    return filled_from(TokenForm, None, sound | changes)


def make_token(
    *schools: Any, scopes: Sequence[Scope] = EVERYTHING, network: str | None = None, by: Any = None,
    until: date = date(2027, 6, 1),
) -> str:  # fmt: skip
    """Return the secret of a token that two persons agreed on, of these schools, of a network, else of all."""
    reach = Reach.SOME if schools else Reach.NETWORK if network else Reach.ALL
    form = token_form(
        name="warehouse", scopes=list(scopes), reach=reach, network=network or "", ends_on=until,
        schools="\n".join(school.code for school in schools),
    )  # fmt: skip
    secret = PREFIX + new_token()
    token_id = ask_for_token(call(by or make_user(Role.DISTRICT)), form, secret)
    agree_to_token(call(make_user(Role.SYSADMIN)), token_id)
    return secret


def ask(client: PageClient, secret: str, address: str, **headers: str) -> TestResponse:
    """Return the answer to a call with a secret ('' sends none)."""
    sent = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.get(f"{HERE}/{address}", headers=sent | headers)


def rows(client: PageClient, secret: str, address: str) -> list[dict[str, Any]]:
    """Return the rows of one page. AssertionError for any other answer."""
    answer = ask(client, secret, address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["data"]
    return found
