"""A link from a mail leads to its thing through signing in, whatever comes between, and nowhere else."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete

from tests.factories.accounts import PASSWORD, make_user
from tests.factories.cases import CaseFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from tests.support.pages.reading import forms, without_tokens
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.followups.core.models import FollowUp

At = Callable[..., datetime]


@pytest.fixture
def follow_up(session: Any) -> FollowUp:
    """A follow-up of a coordinator's, as a mail links to it."""
    school = SchoolFactory()
    owner = make_user(Role.COORDINATOR, school, email="owner@district.example")
    case = CaseFactory(school_id=school.id, lead_id=owner.id)
    made: FollowUp = FollowUpFactory(school_id=school.id, case_id=case.id, owner_id=owner.id)
    return made


def open_link(client: PageClient, address: str) -> str:
    """Follow a link while signed out; returns the sign-in page's address."""
    asked = client.get(address)
    assert asked.status_code == 303
    assert urlsplit(asked.location).path == "/sign-in"
    return str(asked.location)


def enter(client: PageClient, page: str, password: str = PASSWORD, email: str = "owner@district.example") -> Any:
    return client.submit(page, {"email": email, "password": password}, holding="password")


def header_form(client: PageClient, address: str, action: str) -> Any:
    """Send a form of the page's header as it stands."""
    form = next(form for form in forms(client.page(address)) if form.action.endswith(action))
    return client.post(form.action, data=form.values())


@pytest.mark.parametrize("query", ["", "?history=1", "?q=a%26b&left=1.2"])
def test_a_link_opened_signed_out_leads_there_after_signing_in(
    follow_up: FollowUp, client: PageClient, query: str
) -> None:
    address = f"/follow-ups/{follow_up.id}{query}"
    page = open_link(client, address)
    landed = enter(client, page)
    assert (landed.status_code, landed.location) == (303, address)
    assert client.get(address).status_code == 200


def test_a_wrong_password_and_another_language_lose_nothing(follow_up: FollowUp, client: PageClient) -> None:
    address = f"/follow-ups/{follow_up.id}"
    page = open_link(client, address)
    assert enter(client, page, "a wrong password 2026").status_code == 400
    switched = header_form(client, page, "/language")
    assert urlsplit(switched.location).path == "/sign-in"
    assert parse_qs(urlsplit(switched.location).query) == {"next": [address]}
    assert 'lang="es"' in client.get(switched.location).text
    landed = enter(client, switched.location)
    assert landed.location == address
    assert 'lang="es"' in client.get(address).text


def test_an_expired_session_asks_again_and_goes_on(
    follow_up: FollowUp, at: At, client: PageClient, session: Any
) -> None:
    address = f"/follow-ups/{follow_up.id}"
    at("2026-11-24 08:00")
    assert enter(client, "/sign-in").location == "/"
    assert client.get(address).status_code == 200
    at("2026-11-24 10:01")
    assert enter(client, open_link(client, address)).location == address
    session.execute(delete(UserSession))
    session.commit()
    assert enter(client, open_link(client, address)).location == address


def test_signing_in_twice_leads_there_too(follow_up: FollowUp, client: PageClient) -> None:
    page = open_link(client, f"/follow-ups/{follow_up.id}")
    enter(client, page)
    again = client.get(page)  # another window had the same page open
    assert (again.status_code, again.location) == (303, f"/follow-ups/{follow_up.id}")
    assert client.get("/sign-in?next=//evil.example").location == "/"


def test_what_one_may_not_see_is_missing_after_signing_in(follow_up: FollowUp, client: PageClient) -> None:
    stranger = make_user(Role.COORDINATOR, SchoolFactory()).email
    there, nowhere = f"/follow-ups/{follow_up.id}", "/follow-ups/900000000"
    assert enter(client, open_link(client, there), email=stranger).location == there
    forbidden, missing = client.get(there), client.get(nowhere)
    assert (forbidden.status_code, missing.status_code) == (404, 404)
    assert without_tokens(forbidden.text).replace(there, nowhere) == without_tokens(missing.text)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example/", "evil",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "\x00/my-day", " /my-day", "http:/my-day",
        "/ok\r\nSet-Cookie: a=b", "data:text/html,x", "", "?next=/my-day",
    ],
)  # fmt: skip
def test_no_next_leads_away(target: str) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize("target", ["/my-day", "/cases?mine=1", "/my-day?x=https://evil.example", "/.//evil.example"])
def test_a_next_of_ours_stays_here(target: str) -> None:
    assert safe_next(target) == target
