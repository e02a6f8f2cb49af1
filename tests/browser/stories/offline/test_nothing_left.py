"""What each role leaves on a device: no name while they work, and nothing at all once they have signed out."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from itsdangerous.encoding import base64_encode
from playwright.sync_api import Browser, Page

from tests.attachments.scenes import ROLES, make_scene, photo
from tests.browser.stories.steps.device import NOTHING, READY, found_on, held_on, sign_out
from tests.browser.stories.steps.people import PASSWORD, ready
from tests.factories.accounts import acting, make_user
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import STAFF, Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.practice.requests.models import link_of
from wss_cases.practice.requests.pages import make_link

pytestmark = pytest.mark.browser

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
OPEN_TO_ALL = ("/my-day", "/circle-requests", "/period", "/account/push", "/offline/waiting", "/incidents/new")
TITLE, ASKED, WORDS = "Broken window by Quillfeather", "We argued about marbles", "Thimbles by the lockers"


@dataclass(frozen=True)
class School:
    """A report with a student, a request for a circle, and an account of every role."""

    emails: dict[Role, str]
    report: str
    link: str
    secrets: list[str]


@pytest.fixture
def school(live_system: LiveSystem, tmp_path: Path) -> School:
    live_system.set_clock(NOON)
    with make_app(live_system.database.url, tmp_path).app_context():
        scene = make_scene()
        scene.student.given_name, scene.student.family_name = "Zephyrine", "Quillfeather"
        scene.incident.narrative = WORDS
        users = {role: getattr(scene, role.value) for role in ROLES}
        users |= {Role.DISTRICT: scene.district, Role.AUDITOR: scene.auditor}
        users |= {role: make_user(role) for role in (Role.SYSADMIN, Role.PARTNER)}
        emails = dict(zip(users, ready(users.values()), strict=True))
        names = [user.name for user in users.values()]
        make_link(Invocation(acting(scene.coordinator), NOON), scene.school.id)
        found = link_of(scene.school.id)
        assert found is not None
        db.session.commit()
        secrets = ["Zephyrine", "Quillfeather", TITLE, ASKED, WORDS, *names, *emails.values()]
        return School(emails, f"/incidents/{scene.incident.id}", f"/ask/{found.code}", secrets)


def attach(page: Page, school: School) -> str:
    """Attach a photo to the report; returns its page."""
    page.goto(f"{school.report}/files")
    picture: Any = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    page.locator("input[name=files]").set_input_files(picture)
    page.locator("input[name=title]").fill(TITLE)
    go(page, page.locator('main form[enctype] button[type="submit"]'))
    return str(page.get_by_role("link", name=TITLE).get_attribute("href"))


def opened(page: Page, addresses: list[str]) -> int:
    """Open each address; returns how many show one of the secrets, so that there is something to leave behind."""
    showing = 0
    for address in addresses:
        page.goto(address)
        showing += "Quillfeather" in page.content()
    return showing


@pytest.mark.full_cross_only("tests/browser/stories/offline/test_without_network.py")
def test_no_role_leaves_anything_on_a_device(live_system: LiveSystem, new_visitor: NewVisitor, school: School) -> None:
    """Costs some seconds: each of eight people has a browser of their own, with a service worker."""
    asking = new_visitor(viewport=PHONE, worker="allow").page
    asking.goto(school.link)
    asking.locator("textarea[name=words]").fill(ASKED)
    asking.locator("input[name=wish]").first.check(force=True)
    go(asking, asking.locator('main form button[type="submit"]').last)
    assert found_on(asking, school.secrets) == []
    picture = ""
    showing: dict[Role, int] = {}
    for role in sorted(school.emails, key=lambda role: role is not Role.DEAN):  # the dean attaches what others open
        visitor = new_visitor(viewport=PHONE, worker="allow")
        page = visitor.page
        visitor.sign_in(school.emails[role], PASSWORD)
        if role in STAFF:
            page.evaluate(READY)
        picture = picture or attach(page, school)
        theirs = (school.report, f"{school.report}/files", picture, f"{picture}/file")
        showing[role] = opened(page, [*theirs, *OPEN_TO_ALL])
        page.goto("/search")
        page.get_by_role("main").get_by_role("searchbox").fill("Quillfeather")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert found_on(page, school.secrets) == [], role
        sign_out(page)
        page.wait_for_url("**/sign-in")
        assert held_on(page) == NOTHING, role
        assert found_on(page, school.secrets) == [], role
        page.go_back()
        assert not [secret for secret in school.secrets if secret in page.content()], role
        visitor.problems.clear()  # what is not theirs is not there: the browser says so of each
    seen = {role for role, pages in showing.items() if pages}
    assert seen == {Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.REPORTER}


SECRET = "Zephyrine Quillfeather"
PACKED = base64_encode(zlib.compress(SECRET.encode())).decode()
PLANTED = {
    "a database": """async (secret) => new Promise((resolve) => {
      const request = indexedDB.open("left");
      request.onupgradeneeded = () => request.result.createObjectStore("rows").put({ who: secret }, 1);
      request.onsuccess = () => { request.result.close(); resolve(); };
    })""",
    "a cache": """async (secret) => {
      const headers = { "Content-Type": "text/html" };
      await (await caches.open("left")).put("/my-day", new Response(`<p>${secret}</p>`, { headers }));
    }""",
    "local storage": "(secret) => localStorage.setItem('draft', secret)",
    "session storage": "(secret) => sessionStorage.setItem('draft', secret)",
    "a cookie": "(secret) => { document.cookie = `who=${encodeURIComponent(secret)}`; }",
    "a signed cookie": "(secret) => { document.cookie = `who=${btoa(secret).replaceAll('=', '')}.Z.x`; }",
    "a packed cookie": f"() => {{ document.cookie = 'who=.{PACKED}.Z.x'; }}",
}


@pytest.fixture
def device(browser: Browser) -> Iterator[Page]:
    """A phone at a page of no system, where everything can be kept."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html"))
    page.goto("http://localhost:9/")
    yield page
    context.close()


@pytest.mark.parametrize("where", PLANTED)
def test_what_is_left_is_seen(device: Page, where: str) -> None:
    assert (held_on(device), found_on(device, [SECRET])) == (NOTHING, [])
    device.evaluate(PLANTED[where], SECRET)
    assert found_on(device, [SECRET]) == [SECRET]
    assert held_on(device) != NOTHING or "cookie" in where
