"""A security officer's report and a teacher's circle are written without network, arrive once, and leave nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from tests.factories.accounts import PASSWORD, PASSWORD_HASH, make_user
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.practice.log.models import PracticeEntry

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
READY = """async () => {
  const { serviceWorker } = navigator;
  await serviceWorker.ready;
  while (!(serviceWorker.controller && (await self.unsent.device())?.key)) await new Promise(requestAnimationFrame);
}"""
"""The device has its key, and the service worker answers for the page."""
HELD = "async () => JSON.stringify(await self.unsent.waiting())"
LEFT = """async () => {
  const kept = [];
  for (const name of await caches.keys()) for (const one of await (await caches.open(name)).keys()) kept.push(one.url);
  const workers = await navigator.serviceWorker.getRegistrations();
  const stored = [await self.unsent.device(), await self.unsent.waiting()];
  return JSON.stringify([kept, workers.length, stored, localStorage.length, sessionStorage.length]);
}"""
NOTHING = "[[],0,[null,[]],0,0]"

pytestmark = pytest.mark.browser


@pytest.fixture
def people(live_system: LiveSystem, tmp_path: Path) -> dict[str, str]:
    """An officer and a teacher of one school."""
    live_system.set_clock(NOON)
    with make_app(live_system.database.url, tmp_path).app_context():
        school = SchoolFactory(phone="555 0100")
        made = [make_user(Role.REPORTER, school, password_hash=PASSWORD_HASH) for _ in range(2)]
        db.session.commit()
        return {"officer": made[0].email, "teacher": made[1].email}


def written(live_system: LiveSystem, tmp_path: Path, model: Any) -> int:
    with make_app(live_system.database.url, tmp_path).app_context():
        return len(list(db.session.scalars(select(model))))


def answer(page: Page, **given: str) -> None:
    """Tap an answer of each group of tiles."""
    for name, label in given.items():
        tap(page.locator(f"input[name={name}]").and_(page.get_by_role("radio", name=label, exact=True)))


def sign_out(page: Page) -> None:
    """Sign out through the menu that this width has."""
    tap(page.locator("summary:visible", has_text=re.compile("Account|Menu")))
    tap(page.get_by_role("button", name="Sign out").locator("visible=true"))


def test_a_report_of_danger_is_held_sealed_and_arrives_once(
    live_system: LiveSystem, new_visitor: NewVisitor, people: dict[str, str], tmp_path: Path
) -> None:
    visitor = new_visitor(viewport=PHONE, worker="allow")
    page, network = visitor.page, visitor.context
    visitor.sign_in(people["officer"], PASSWORD)
    page.evaluate(READY)
    network.set_offline(True)
    go(page, page.get_by_role("link", name="Log an incident").locator("visible=true").first)
    assert not axe_problems(page) and not overflow_problems(page)
    tap(page.get_by_role("button", name="Send when back online"))
    expect(page.get_by_role("alert")).to_contain_text("Who was involved?")
    answer(page, danger="Yes", what="Weapon", where="Hallway")
    page.get_by_label("Who was involved?").fill("Jordan Quillfeather")
    tap(page.get_by_role("button", name="Send when back online"))
    alarm = page.get_by_role("dialog", name="NOT SENT. Call 911 and the office now")
    expect(alarm).to_be_visible()
    assert not axe_problems(page, "#not-sent") and "saved" not in alarm.inner_text().lower()
    assert alarm.get_by_role("link", name="555 0100").get_attribute("href") == "tel:5550100"
    assert "Quillfeather" not in page.evaluate(HELD) and "Quillfeather" not in page.content()
    assert written(live_system, tmp_path, Incident) == 0
    page.goto("/my-day")
    expect(alarm).to_be_visible()

    sent: list[Request] = []
    network.on("request", lambda request: sent.append(request) if request.url.endswith("/offline/send") else None)
    network.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("Saved: report")
    expect(alarm).to_be_hidden()
    assert sent and written(live_system, tmp_path, Incident) == 1
    assert page.evaluate(HELD) == "[]"
    page.goto("/my-day")
    sign_out(page)
    page.wait_for_url("**/sign-in")
    assert page.evaluate(LEFT) == NOTHING
    visitor.problems.clear()  # the browser says of each request without network that it failed


@pytest.mark.full_cross_only("tests/intake/offline/test_sending.py")
def test_signing_out_asks_first_and_leaves_nothing_readable(
    live_system: LiveSystem, new_visitor: NewVisitor, people: dict[str, str], tmp_path: Path
) -> None:
    visitor = new_visitor(viewport=DESK, worker="allow")
    page, network = visitor.page, visitor.context
    visitor.sign_in(people["teacher"], PASSWORD)
    page.evaluate(READY)
    page.goto("/practice/new")
    answer(page, kind="Community circle", group="Grade 9")
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
    assert page.evaluate(LEFT) == NOTHING
    visitor.problems.clear()
