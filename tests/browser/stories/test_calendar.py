"""A snow day on a phone and at a desk: declared after seeing what it moves, read in the case, and taken back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stories.pathways.test_agreement import wall
from tests.browser.stories.test_safety_plan import look
from tests.cases.making import TODAY, make_world
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import make_calendar
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role

pytestmark = pytest.mark.browser
MORNING = wall("2026-11-24 05:50")


@pytest.mark.full_cross_only("tests/workday/calendar/test_pages.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_snow_day_is_declared_and_taken_back(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, size: str
) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        world = make_world(next_review_on=TODAY)
        make_calendar(date(2026, 11, 1), date(2026, 11, 30))
        due = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id).id
        email, case = make_user(Role.ADMINISTRATOR, world.school).email, world.case.id
    visitor = new_visitor(viewport=PHONE if size == "phone" else DESK)
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto("/school-calendar")
    look(page, f"calendar-month-{size}")
    go(page, page.get_by_role("link", name="Change today's schedule"))
    go(page, page.get_by_role("button", name="See what would move"))
    expect(page.get_by_role("alert")).to_contain_text("Choose the type of day.")
    look(page, f"calendar-error-{size}")
    page.get_by_label("No school").check()
    page.get_by_label("Why").fill("Snow day")
    go(page, page.get_by_role("button", name="See what would move"))
    expect(page.locator("main")).to_contain_text("This moves (2)")
    expect(page.locator("main")).to_contain_text("Tue, Nov 24 to Wed, Nov 25")
    look(page, f"calendar-check-{size}")
    go(page, page.get_by_role("button", name="Save the change"))
    expect(page.locator("main")).to_contain_text("What moved (2)")
    look(page, f"calendar-moved-{size}")
    page.goto(f"/follow-ups/{due}")
    expect(page.locator("main")).to_contain_text("There is no school on Tue, Nov 24 (Snow day).")
    look(page, f"calendar-follow-up-{size}")
    page.goto(f"/cases/{case}?tab=history")
    expect(page.locator("main")).to_contain_text("There is no school on Tue, Nov 24, 2026 (Snow day)")
    page.goto("/school-calendar")
    go(page, page.get_by_role("link", name="Tuesday, November 24").last)
    go(page, page.get_by_role("link", name="Withdraw it"))
    expect(page.locator("main")).to_contain_text("This comes back (2)")
    look(page, f"calendar-back-{size}")
    go(page, page.get_by_role("button", name="Withdraw it"))
    expect(page.locator("main")).to_contain_text("What came back (2)")
    page.goto(f"/follow-ups/{due}")
    expect(page.locator("main")).to_contain_text("Due today")
