"""Signing in, out, and everything that must not tell more than it should."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import PASSWORD, UserFactory, acting, make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserSession
from wss_cases.accounts.account.rules import password_problem
from wss_cases.accounts.people import pages as people_pages
from wss_cases.foundation import clock
from wss_cases.foundation.ids import token_digest


def sign_in(client: PageClient, email: str, password: str = PASSWORD, target: str = "") -> Any:
    page = client.get("/sign-in", query_string={"next": target})
    token = page.get_data(as_text=True).split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post("/sign-in", data={"csrf_token": token, "email": email, "password": password, "next": target})


def test_right_password_opens_a_session_whose_token_is_stored_as_digest(session: Any, client: PageClient) -> None:
    user = make_user(Role.SYSADMIN)
    answer = sign_in(client, f" {user.email.upper()} ", target="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    row = session.scalars(select(UserSession)).one()
    assert row.token_digest == token_digest(token) and row.user_id == user.id
    assert client.get("/account").status_code == 200


def test_next_never_leaves_the_site(session: Any, client: PageClient) -> None:
    user = make_user(Role.SYSADMIN)
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        assert sign_in(client, user.email, target=target).headers["Location"] == "/"
        # who is signed in already is led on at once, and no farther
        led_on = client.get("/sign-in", query_string={"next": target})
        assert (led_on.status_code, led_on.headers["Location"]) == (303, "/")
        forget(client)


def forget(client: PageClient) -> None:
    """Be a browser that was never signed in."""
    with client.session_transaction() as cookie:
        cookie.clear()


def test_known_unknown_and_disabled_accounts_get_the_same_answer(session: Any, client: PageClient) -> None:
    known = UserFactory()
    disabled = UserFactory(state="disabled")
    bodies = set()
    for email in (known.email, disabled.email, "nobody@district.example"):
        answer = sign_in(client, email, "a wrong password 2026")
        assert answer.status_code == 400
        text = answer.get_data(as_text=True).replace(email, "")
        bodies.add("The email address or the password is not right." in text)
    assert bodies == {True}
    assert sign_in(client, disabled.email).status_code == 400


def test_failures_throttle_the_account_and_not_the_school(
    session: Any, client: PageClient, at: Callable[..., datetime]
) -> None:
    at("2026-11-24 10:00")
    user, colleague = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    for _ in range(5):
        assert sign_in(client, user.email, "a wrong password 2026").status_code == 400
    assert sign_in(client, user.email).status_code == 429
    assert sign_in(client, colleague.email).status_code == 303
    forget(client)
    at("2026-11-24 10:16")
    assert sign_in(client, user.email).status_code == 303


def test_sign_out_ends_the_session_at_the_server(session: Any, client_as: Callable[[Any], PageClient]) -> None:
    client = client_as(make_user(Role.SYSADMIN))
    page = client.get("/account").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    with client.session_transaction() as cookie:
        cookie.update(kept)
    assert client.get("/account").status_code == 303


def test_idle_and_absolute_limits(
    session: Any, client_as: Callable[[Any], PageClient], at: Callable[..., datetime]
) -> None:
    at("2026-11-24 08:00")
    client = client_as(make_user(Role.SYSADMIN))
    for hour in (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19):
        at(f"2026-11-24 {hour:02d}:30")
        assert client.get("/account").status_code == 200, hour
    at("2026-11-24 20:05")
    assert client.get("/account").status_code == 303


def test_a_role_that_ended_or_an_account_disabled_bites_on_the_next_request(
    session: Any, client_as: Callable[[Any], PageClient]
) -> None:
    boss, user = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    client = client_as(user)
    assert client.get("/people").status_code == 200
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
    people_pages.end_role(acting(boss), user.id, grant.id, clock.now())
    assert client.get("/people").status_code == 404
    assert client.get("/account").status_code == 200
    people_pages.set_enabled(acting(boss), user.id, False, None, clock.now())
    assert client.get("/account").status_code == 303


def test_a_school_administrator_manages_the_own_schools_staff_only(
    session: Any, client_as: Callable[[Any], PageClient]
) -> None:
    own, other = SchoolFactory(), SchoolFactory()
    principal = make_user(Role.ADMINISTRATOR, own)
    dean, stranger, boss = make_user(Role.DEAN, own), make_user(Role.DEAN, other), make_user(Role.SYSADMIN)
    client = client_as(principal)
    listed = client.get("/people").get_data(as_text=True)
    assert dean.email in listed and stranger.email not in listed and boss.email not in listed
    assert client.get(f"/people/{dean.id}").status_code == 200
    for hidden in (stranger, boss, principal):
        assert client.get(f"/people/{hidden.id}").status_code == 404
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == dean.id)).one()
    grant.ends_on = date(2020, 9, 1)
    session.commit()
    assert client.get(f"/people/{dean.id}").status_code == 404
    assert dean.email not in client.get("/people").get_data(as_text=True)


def test_passwords_are_long_and_not_guessable(app: Any) -> None:
    with app.test_request_context():
        assert password_problem("short", "a@b.example", "Ann")
        assert password_problem("qwertyuiop1234567890", "a@b.example", "Ann")
        assert password_problem("aaaaaaaaaaaaaaaaaaaa", "a@b.example", "Ann")
        assert password_problem("margaret-margaret-margaret", "margaret@b.example", "Margaret")
        assert password_problem("x" * 257, "a@b.example", "Ann")
        assert password_problem("drei grüne Äpfel im Korb", "a@b.example", "Ann") is None
        assert password_problem("p" + "aZ9 kelp tulip gravel " * 4, "a@b.example", "Ann") is None
