"""A safety plan on a phone and at a desk: written with the person, refused unasked, agreed, on paper, reviewed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cases.making import make_world
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
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


@pytest.mark.full_cross_only("tests/casework/safety_plans/test_pages.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_plan_is_written_agreed_and_looked_at_again(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, size: str
) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        world = make_world()
        world.coordinator.password_hash = hash_password(PASSWORD)
        db.session.commit()
        email, case, other = world.coordinator.email, world.case.id, world.students[0].shown_name
        person = world.students[1].shown_name
    visitor = new_visitor(viewport=PHONE if size == "phone" else DESK)
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto(f"/cases/{case}?tab=people")
    go(page, page.get_by_role("link", name="Write a safety plan"))
    page.get_by_label("Who the plan protects").select_option(label=person)
    page.get_by_label("Steps").fill(f"Ms. Rivera walks along to the bus. {other} leaves by the other door.")
    page.get_by_label("Adults who are told").fill("Ms. Rivera, homeroom")
    page.get_by_label("The person harmed changes class").check()
    go(page, page.get_by_role("button", name="Save the draft"))
    expect(page.locator("main")).to_contain_text("never moved unless they ask")
    assert "Ms. Rivera" in page.get_by_label("Steps").input_value()
    look(page, f"safety-error-{size}")
    page.get_by_label("The person harmed changes class").uncheck()
    go(page, page.get_by_role("button", name="Save the draft"))
    go(page, page.get_by_role("link", name="It is agreed"))
    page.get_by_label("The person it is for reviewed it").check()
    page.get_by_label("Told, and gave input").check()
    look(page, f"safety-agree-{size}")
    go(page, page.get_by_role("button", name="Save the agreement to the plan"))
    look(page, f"safety-plan-{size}")
    go(page, page.get_by_role("link", name="Print the sheet for the adults"))
    expect(page.locator("main")).to_contain_text("another student leaves by the other door")
    expect(page.locator("main")).not_to_contain_text(other)
    look(page, f"safety-sheet-{size}")
    page.go_back()
    go(page, page.get_by_role("link", name="Record the review"))
    page.get_by_label("It is working as is").check()
    go(page, page.get_by_role("button", name="Save the review"))
    expect(page.locator("main")).to_contain_text("Reviews (1)")
    page.goto(f"/cases/{case}?tab=people")
    look(page, f"safety-people-{size}")
