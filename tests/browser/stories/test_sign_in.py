"""A shared computer: Back shows nothing after sign-out, and what was half written waits for its writer alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.cases.making import make_user, make_world
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
WRITTEN = "Ana was calm today and asks for the same seat."

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_shared_computer_keeps_nothing_and_loses_nothing(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        world = make_world()
        dean = make_user(world.school, Role.DEAN)
        for person in (world.coordinator, dean):
            person.password_hash = hash_password(PASSWORD)
        db.session.commit()
        writer, other, case = world.coordinator.email, dean.email, world.case
        reference, note = case.reference, f"/cases/{case.id}/notes/new"
    visitor = new_visitor(viewport=PHONE)
    page = visitor.page
    page.clock.install(time=MORNING)
    visitor.sign_in(writer, PASSWORD)
    page.goto(f"/cases/{world.case.id}")
    expect(page.locator("main")).to_contain_text(reference)
    page.goto("/account")
    tap(page.locator("details.only-narrow summary"))
    go(page, page.locator("details.only-narrow").get_by_role("button", name="Sign out"))
    for _step in range(2):
        page.go_back()
        expect(page).to_have_url(re.compile("/sign-in"))
        assert reference not in page.content() and writer not in page.content()

    visitor.sign_in(writer, PASSWORD)
    page.goto(note)
    page.locator("[name=text]").fill(WRITTEN)
    live_system.set_clock(MORNING + timedelta(hours=3))
    page.clock.fast_forward(timedelta(hours=1, minutes=59).total_seconds() * 1000)
    expect(page.locator("#session-warning")).to_be_visible()
    assert not axe_problems(page)
    with page.expect_navigation():
        page.clock.fast_forward(timedelta(minutes=3).total_seconds() * 1000)
    expect(page.locator("main")).to_contain_text("What you wrote is saved")
    assert WRITTEN not in page.content()
    assert not overflow_problems(page)

    visitor.sign_in(other, PASSWORD)
    assert WRITTEN not in page.content()
    page.goto("/account/kept")
    expect(page.locator("main")).to_contain_text("Nothing is saved")
    page.goto(note)
    expect(page.locator("[name=text]")).to_have_value("")
    page.context.clear_cookies()

    visitor.sign_in(writer, PASSWORD)
    expect(page.locator("main")).to_contain_text(WRITTEN)
    assert not axe_problems(page)
    assert not overflow_problems(page)
    go(page, page.get_by_role("link", name="Restore it to the form"))
    expect(page.locator("[name=text]")).to_have_value(WRITTEN)
    go(page, page.get_by_role("button", name="Save the note"))
    expect(page.locator("main")).to_contain_text(WRITTEN)
    page.goto("/account/kept")
    expect(page.locator("main")).to_contain_text("Nothing is saved")
