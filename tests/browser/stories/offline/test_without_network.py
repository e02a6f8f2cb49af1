"""A security officer's report and a teacher's circle are written without network, arrive once, and leave nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from tests.browser.practice.rows import OFFLINE, Note
from tests.browser.stories.steps.device import NOTHING, READY, WAITING, held_on, sign_out
from tests.browser.stories.steps.people import PASSWORD, languages, ready
from tests.browser.stories.steps.words import Words, words_in
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.practice.log import PracticeEntry

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
NAMED = "Jordan Quillfeather"
SAVED = ("saved", "guardad")

pytestmark = pytest.mark.browser


def somebody(live_system: LiveSystem, tmp_path: Path, language: str = "en") -> str:
    """Someone who reports at a school with a phone; returns their address."""
    live_system.set_clock(NOON)
    with make_app(live_system.database.url, tmp_path).app_context():
        [email] = ready([make_user(Role.REPORTER, SchoolFactory(phone="555 0100"))], language)
        return email


def written(live_system: LiveSystem, tmp_path: Path, model: Any) -> int:
    with make_app(live_system.database.url, tmp_path).app_context():
        return len(list(db.session.scalars(select(model))))


def answer(page: Page, **given: str) -> None:
    """Tap an answer of each group of tiles, by the value that is sent."""
    for name, value in given.items():
        page.locator(f'input[name="{name}"][value="{value}"]').check(force=True)


def report_danger(page: Page, words: Words) -> None:
    """Write a report of danger without network: nothing says that it is saved, and the whole screen says it is not."""
    go(page, page.get_by_role("link", name=words("Log an incident")).locator("visible=true").first)
    assert not axe_problems(page) and not overflow_problems(page)
    tap(page.get_by_role("button", name=words("Send when back online")))
    expect(page.get_by_role("alert")).to_contain_text(words("Who was involved?"))
    answer(page, danger="yes", what="weapon", where="hallway")
    page.get_by_label(words("Who was involved?")).fill(NAMED)
    tap(page.get_by_role("button", name=words("Send when back online")))
    alarm = page.get_by_role("dialog", name=words("NOT SENT. Call 911 and the office now"))
    expect(alarm).to_be_visible()
    assert not axe_problems(page, "#not-sent") and not overflow_problems(page)
    assert not [said for said in SAVED if said in alarm.inner_text().lower()]
    assert alarm.get_by_role("link", name="555 0100").get_attribute("href") == "tel:5550100"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages(1))
def test_a_report_of_danger_is_held_sealed_and_arrives_once(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, language: str, size: dict[str, int]
) -> None:
    words, email = words_in(language), somebody(live_system, tmp_path, language)
    visitor = new_visitor(viewport=size, worker="allow")
    page, network = visitor.page, visitor.context
    visitor.sign_in(email, PASSWORD)
    page.evaluate(READY)
    network.set_offline(True)
    report_danger(page, words)
    assert NAMED not in str(held_on(page)) and NAMED not in page.content()
    assert written(live_system, tmp_path, Incident) == 0
    page.goto("/my-day")
    alarm = page.get_by_role("dialog", name=words("NOT SENT. Call 911 and the office now"))
    expect(alarm).to_be_visible()

    mine = network.cookies()
    network.clear_cookies()
    network.set_offline(False)
    expect(alarm).to_contain_text(words("You are signed out. Sign in again to send what you wrote."))
    expect(alarm.get_by_role("link", name=words("Sign in again"))).to_be_visible()
    network.set_offline(True)
    network.add_cookies([{"name": one["name"], "value": one["value"], "url": live_system.url} for one in mine])

    sent: list[Request] = []
    network.on("request", lambda request: sent.append(request) if request.url.endswith("/offline/send") else None)
    network.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text(words("Saved: report %(reference)s.").partition("%")[0])
    expect(alarm).to_be_hidden()
    expect(page.get_by_role("heading", name=words("You are back online"))).to_be_visible()
    expect(page.get_by_role("heading", name=words("No connection"))).to_be_hidden()
    own = words("Nothing is saved until it is sent. It is sent automatically when you are back online.")
    expect(page.locator("[data-unsent-hint]")).to_have_text(own)
    arrived = written(live_system, tmp_path, Incident)
    note(OFFLINE, f"held sealed, sent by itself, arrived {arrived} time")
    assert sent and arrived == 1
    assert page.evaluate(WAITING) == "[]"
    page.goto("/my-day")
    assert page.get_by_role("dialog", name=words("NOT SENT. Call 911 and the office now")).is_hidden()
    sign_out(page)
    page.wait_for_url("**/sign-in")
    assert held_on(page) == NOTHING
    assert written(live_system, tmp_path, Incident) == 1
    visitor.problems.clear()  # the browser says of each request without network that it failed


@pytest.mark.full_cross_only("tests/intake/offline/test_sending.py")
def test_signing_out_asks_first_and_leaves_nothing_readable(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    email = somebody(live_system, tmp_path)
    visitor = new_visitor(viewport=DESK, worker="allow")
    page, network = visitor.page, visitor.context
    visitor.sign_in(email, PASSWORD)
    page.evaluate(READY)
    page.goto("/practice/new")
    answer(page, kind="community", group="9|")
    page.get_by_label("Students", exact=True).fill("21")
    network.set_offline(True)
    go(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", name="The circle is not sent yet")).to_be_visible()
    network.route("**/offline/send", lambda route: route.abort())
    network.set_offline(False)
    page.goto("/my-day")
    expect(page.locator("#unsent")).to_contain_text("1 circle not sent yet")
    sign_out(page)
    ask = page.get_by_role("dialog", name="1 circle not sent yet")
    expect(ask).to_be_visible()
    assert not axe_problems(page, "#unsent-sign-out")
    tap(ask.get_by_role("button", name="Stay signed in"))
    expect(ask).to_be_hidden()
    network.unroute("**/offline/send")
    sign_out(page)
    with page.expect_navigation(url="**/sign-in"):
        tap(ask.get_by_role("button", name="Send now"))
    assert written(live_system, tmp_path, PracticeEntry) == 1
    assert held_on(page) == NOTHING
    visitor.problems.clear()
