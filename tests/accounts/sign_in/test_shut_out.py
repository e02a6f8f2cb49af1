"""Nobody is shut out by a stranger's wrong passwords, and many guesses at once are no more than the limit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.accounts.sign_in.test_password import forget, sign_in
from tests.factories.accounts import PASSWORD, acting, make_user
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import SignInAttempt, UserSession
from wss_cases.accounts.account.rules import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS
from wss_cases.accounts.sign_in.second_factor import confirm
from wss_cases.accounts.sign_in.sessions import actions
from wss_cases.foundation.db import db

WRONG = "a wrong password 2026"


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-24 10:00")


def test_a_known_browser_is_not_shut_out(session: Any, now: datetime, client: Any, app: Flask) -> None:
    """100 wrong sign-ins from one address stopped a whole school."""
    own, colleague = make_user(Role.DEAN).email, make_user(Role.DEAN).email
    assert sign_in(client, own).status_code == 303
    forget(client)
    session.add_all(
        SignInAttempt(account_key=f"{number}", address="127.0.0.1", at=now) for number in range(FAILURES_PER_ADDRESS)
    )
    session.commit()
    for _each in range(FAILURES_PER_ACCOUNT):
        actions.sign_in(own, WRONG, "192.0.2.66", "", now)
    assert sign_in(client, colleague).status_code == 429, "this browser was never hers"
    assert sign_in(client, own).status_code == 303
    forget(client)
    for _each in range(FAILURES_PER_ACCOUNT):
        assert sign_in(client, own, WRONG).status_code == 400
    assert sign_in(client, own).status_code == 429, "its own failures count"
    client.delete_cookie("known")
    client.set_cookie("known", "made.up.one")
    assert sign_in(client, own).status_code == 429


def test_a_strangers_failures_stop_nobody_who_is_signed_in(session: Any, now: datetime) -> None:
    user = make_user(Role.DEAN)
    actions.sign_in(user.email, PASSWORD, "192.0.2.1", "", now)
    row = session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one()
    for _each in range(FAILURES_PER_ACCOUNT + 1):
        actions.sign_in(user.email, WRONG, "192.0.2.66", "", now)
    assert confirm(acting(user), row.id, PASSWORD, "", "192.0.2.1", now).token
    for _each in range(FAILURES_PER_ACCOUNT):
        assert not confirm(acting(user), row.id, WRONG, "", "192.0.2.1", now).wait
    assert confirm(acting(user), row.id, PASSWORD, "", "192.0.2.1", now).wait


@pytest.mark.any_database("the order of the two statements is the point")
def test_guesses_at_once_are_no_more_than_the_limit(
    session: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 parallel guesses gave 11 tries: each looked at the count before any was counted."""
    email, tried = "nobody@district.example", []

    def slow(_hash: str | None, _password: str) -> bool:
        # while this guess is checked the others come in
        tried.append(1)
        if len(tried) < 20:
            actions.sign_in(email, WRONG, "192.0.2.66", "", now)
        return False

    monkeypatch.setattr(actions.credentials, "password_matches", slow)
    result = actions.sign_in(email, WRONG, "192.0.2.66", "", now)
    assert not result.wait and len(tried) == FAILURES_PER_ACCOUNT
    counted = db.session.scalar(select(func.count()).select_from(SignInAttempt))
    assert counted == FAILURES_PER_ACCOUNT, "what was no try is not counted, so the window ends"
