"""Police want to question a student: on a phone, refused until the guardian was tried and an adult is there."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHOTS = os.environ.get("WSS_SHOTS", "")

pytestmark = pytest.mark.browser


def look(page: Page, name: str) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


@pytest.mark.full_cross_only("tests/safeguards/questioning/test_recording.py")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_does_not_start_before_it_may(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, backend: str
) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        school = SchoolFactory()
        student = StudentFactory(school=school)
        dean = make_user(Role.DEAN, school)
        dean.password_hash = hash_password(PASSWORD)
        report = make_incident(school, [student], reporter_id=dean.id).id
        db.session.commit()
        email, name = dean.email, student.shown_name
    visitor = new_visitor(viewport=PHONE)
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto(f"/incidents/{report}")
    go(page, page.get_by_role("link", name="Someone wants to question a student"))
    page.get_by_label("Student").select_option(label=name)
    page.get_by_label("Police", exact=True).check()
    page.get_by_label("Name, badge or unit").fill("Officer, unit 7")
    go(page, page.get_by_role("button", name="Record it"))
    expect(page.locator("main")).to_contain_text("Explain why.")
    assert page.get_by_label("Name, badge or unit").input_value() == "Officer, unit 7"
    look(page, "questioning-error")
    page.get_by_label("Why", exact=True).fill("A theft on the way to school.")
    go(page, page.get_by_role("button", name="Record it"))
    expect(page.locator("main")).to_contain_text("The questioning may not start.")
    expect(page.get_by_role("button", name="It is starting now")).to_have_attribute("aria-disabled", "true")
    look(page, "questioning-waits")
    go(page, page.get_by_role("link", name="Record an attempt to tell the guardian"))
    page.get_by_label("How").select_option(label="Phone call")
    page.get_by_label("Result").select_option(label="Left a voicemail")
    look(page, "questioning-notice")
    go(page, page.get_by_role("button", name="Record it"))
    expect(page.locator("#guardian")).to_contain_text("An attempt is not contact.")
    expect(page.locator("main")).to_contain_text("The questioning may not start.")
    go(page, page.get_by_role("link", name="Record who is with the student"))
    page.get_by_label("A support professional of the school").check()
    page.get_by_label("Name and role").fill("The school counselor")
    go(page, page.get_by_role("button", name="Record it"))
    expect(page.locator("main")).to_contain_text("The questioning may start.")
    look(page, "questioning-may-start")
    go(page, page.get_by_role("link", name="It is starting now"))
    go(page, page.get_by_role("button", name="Record it"))
    go(page, page.get_by_role("link", name="The related legal duty"))
    expect(page.locator("#steps")).to_contain_text("The school counselor")
    look(page, "questioning-duty")
    page.go_back()
    go(page, page.get_by_role("link", name="Record its end"))
    page.get_by_label("What happened afterward").fill("The student went back to class.")
    go(page, page.get_by_role("button", name="Record it"))
    expect(page.locator("main")).to_contain_text("The student went back to class.")
    look(page, "questioning-ended")
