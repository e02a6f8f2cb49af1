"""A dean turns messages on after a report of danger; the next one stands on the phone and leads to its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.accounts import PASSWORD, PASSWORD_HASH, acting, make_user
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.fixed import day
from tests.support.pages.browser import PHONE, Visitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem, wait_until
from tests.support.servers.push_service import PushService, Subscriber
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.report.actions import submit_incident

pytestmark = pytest.mark.browser
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
SUBSCRIBING = """given => {
  const subscription = { ...given, toJSON: () => given, unsubscribe: async () => true };
  let kept = null;
  PushManager.prototype.subscribe = async () => { kept = subscription; return subscription; };
  PushManager.prototype.getSubscription = async () => kept;
}"""
"""What a browser without its maker's service cannot do: everything else is the browser's own."""
NOTING = """() => {
  self.shown = [];
  self.opened = [];
  self.registration.showNotification = async (title, options) => { self.shown.push({ title, ...options }); };
  self.clients.openWindow = async path => { self.opened.push(path); };
}"""
"""The headless browser has no screen and refuses every notification: what it is asked to show is noted instead."""
CLICKED = """() => {
  for (const { data } of self.shown) {
    const event = new ExtendableEvent("notificationclick");
    event.notification = { data, close: () => {} };
    self.dispatchEvent(event);
  }
}"""


@pytest.fixture
def service() -> Iterator[PushService]:
    one = PushService("", day.machine_now)
    one.start()
    yield one
    one.stop()


def report(system: LiveSystem, folder: Path, school_id: int, email: str) -> int:
    """Report danger as the person of an address does."""
    with make_app(system.database.url, folder).app_context():
        person = db.session.scalars(db.select(UserAccount).where(UserAccount.email == email)).one()
        now = clock.now()
        return submit_incident(
            Invocation(acting(person), now), Capture(school_id, True, Tile.FIGHT, "hallway", now, narrative="Quill.")
        )


def push_to(page: Page, data: str) -> None:
    """Let the browser's own service worker get a message, as its maker's service would hand it over."""
    session = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    session.send("ServiceWorker.enable")
    page.wait_for_function("true")
    origin = page.evaluate("location.origin")
    number = next(one["registrationId"] for one in found if not one["isDeleted"])
    session.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": number, "data": data})


@pytest.mark.full_cross_only("tests/mail/push/test_sending.py")
def test_danger_stands_on_the_phone_of_whoever_asked_for_it(
    live_system: LiveSystem, browser: Browser, service: PushService, tmp_path: Path
) -> None:
    system = live_system
    system.settings |= {"WSS_PUSH_HOSTS": "127.0.0.1", "WSS_TICK_SECONDS": "1"}
    with make_app(system.database.url, tmp_path).app_context():
        school = SchoolFactory()
        dean = make_user(Role.DEAN, school, password_hash=PASSWORD_HASH).email
        teacher, school_id = make_user(Role.REPORTER, school).email, school.id
        db.session.commit()
    first = report(system, tmp_path, school_id, dean)
    system.start_web()
    context = browser.new_context(base_url=system.url, viewport=PHONE, permissions=["notifications"])
    context.set_default_timeout(LONGEST_WAIT * 1000)
    phone: Subscriber = service.subscriber()
    given = {"endpoint": phone.endpoint, "keys": {name: phone.fields[name] for name in ("p256dh", "auth")}}
    context.add_init_script(f"({SUBSCRIBING})({json.dumps(given)})")
    visitor = Visitor(context, context.new_page())
    page = visitor.page
    visitor.enter(dean, PASSWORD)
    page.goto(f"/incidents/{first}/saved")
    button = page.get_by_role("button", name="Get messages on this device")
    expect(button).to_be_visible()
    assert not axe_problems(page) and not overflow_problems(page)
    service.signed_by = page.locator("body").get_attribute("data-push-key") or ""
    go(page, button)
    expect(page.locator("main")).to_contain_text("No message yet")
    assert not axe_problems(page) and not overflow_problems(page)
    second = report(system, tmp_path, school_id, teacher)
    system.start_scheduler()
    wait_until(lambda: bool(service.got), LONGEST_WAIT, f"the push arrives\n{system.log('scheduler')}")
    said = phone.read(service.got[0].body).decode()
    worker = context.service_workers[0]
    worker.evaluate(NOTING)
    push_to(page, said)
    push_to(page, json.dumps({"title": "Elsewhere", "link": "https://evil.example/x", "tag": "other"}))
    push_to(page, "no message of ours")
    wait_until(lambda: bool(worker.evaluate("self.shown.length === 3")), LONGEST_WAIT, "three are shown")
    danger, elsewhere, odd = worker.evaluate("self.shown")
    assert (danger["title"], danger["body"], danger["tag"]) == (
        "Danger reported at your school", "Open the report. Call 911 if no one has called yet.", service.got[0].topic,
    )  # fmt: skip
    assert (elsewhere["data"]["path"], odd["title"]) == ("/", "Whole School Safety")
    worker.evaluate(CLICKED)
    wait_until(lambda: bool(worker.evaluate("self.opened.length === 3")), LONGEST_WAIT, "three are opened")
    assert worker.evaluate("self.opened") == [f"/incidents/{second}", "/", "/"]
    assert not visitor.problems and service.refused == []
    context.close()
