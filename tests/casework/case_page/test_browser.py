"""The desk and the case page in Chromium, on a phone and at a desk, in both languages: clean, no sideways scroll."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.cases.making import make_user, make_world
from tests.factories.cases import PathwayFactory
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from tests.workday.caseload.making import fill_desk
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import hash_password
from wss_cases.casework.transfer.pages import notice_moves
from wss_cases.foundation.db import db
from wss_cases.routing.engine.vocabulary import Kind

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHOTS = os.environ.get("WSS_SHOTS", "")
SIZES = {"phone": PHONE, "desk": DESK}

pytestmark = pytest.mark.browser


@pytest.fixture
def people(live_system: LiveSystem, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A coordinator with sixty open cases; a student of the last one is at another school by now."""
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        for kind in (Kind.PEER_CONFERENCE, Kind.ONE_TO_ONE, Kind.CONVERSATION):
            PathwayFactory(
                case_id=world.case.id, school_id=world.school.id, kind=kind.value, owner_id=world.coordinator.id
            )
        fill_desk(world.school, world.coordinator, 59)
        make_user(world.school, Role.COORDINATOR, "Robin Vale")
        world.students[0].school_id = SchoolFactory().id
        world.coordinator.password_hash = hash_password(PASSWORD)
        db.session.commit()
        notice_moves(MORNING)
        yield {"email": world.coordinator.email, "case": world.case.id, "person": world.people[0].id}


def look(page: Page, name: str) -> None:
    """Take the page as a picture where one is wanted; nothing on it may fail the checks."""
    page.wait_for_load_state("load")
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_coordinator_with_sixty_cases_starts_the_first_one_from_the_first_screen(
    people: dict[str, Any], live_system: LiveSystem, new_visitor: Callable[..., Any], size: str
) -> None:
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=SIZES[size])
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(people["email"], PASSWORD)
    page.goto("/desk")
    look(page, f"{size}-desk")
    assert page.get_by_text("60 open cases").first.is_visible()
    first = page.locator(".list-table .btn").first
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SIZES[size]["height"]
    counts = [int(found) for found in page.locator(".desk-groups .count").all_inner_texts()]
    assert counts[0] == 60 == sum(counts[1:])
    go(page, page.get_by_role("link", name="Overdue"))
    look(page, f"{size}-overdue")
    assert "Overdue by" in page.locator(".list-table .tag").first.inner_text()
    go(page, page.get_by_role("link", name="All 60"))
    go(page, page.get_by_role("link", name="Next", exact=True))
    look(page, f"{size}-after")
    go(page, page.get_by_role("link", name="First page"))
    reference = page.locator(".list-table .btn .hidden-words").first.inner_text().strip()
    go(page, page.locator(".list-table .btn").first)
    assert "/desk" not in page.url
    assert reference in page.content()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_caseload_is_handed_over_and_covered(
    people: dict[str, Any], live_system: LiveSystem, new_visitor: Callable[..., Any], size: str
) -> None:
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=SIZES[size])
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(people["email"], PASSWORD)
    page.goto("/desk")
    go(page, page.get_by_role("link", name="Cover while away"))
    go(page, page.get_by_role("link", name="Set up cover"))
    go(page, page.get_by_role("button", name="Save cover"))
    look(page, f"{size}-cover-refused")
    assert page.locator(".error-summary").is_visible()
    page.get_by_label("Who is covering").select_option(label="Robin Vale")
    page.get_by_label("Through").fill("2026-12-01")
    go(page, page.get_by_role("button", name="Save cover"))
    look(page, f"{size}-covers")
    page.goto("/desk")
    look(page, f"{size}-desk-covered")
    go(page, page.get_by_role("link", name="Hand cases over"))
    look(page, f"{size}-hand-over")
    page.get_by_label("Who takes them over").select_option(label="Robin Vale")
    page.get_by_label("Note for the next person").fill("Everything stands in the notes.")
    assert page.locator("[name=cases]:checked").count() == 0  # what nobody chose stays
    page.locator("[name=cases]").last.check()
    go(page, page.get_by_role("button", name="Hand them over"))
    page.wait_for_url("**/desk")
    assert page.get_by_text("59 open cases").first.is_visible()


@pytest.mark.full_cross_only("tests/browser/test_accessibility.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_every_part_of_a_case_is_clean(
    people: dict[str, Any], live_system: LiveSystem, new_visitor: Callable[..., Any], size: str
) -> None:
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=SIZES[size])
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(people["email"], PASSWORD)
    base = f"/cases/{people['case']}"
    for address, name in (
        ("/cases", "list"),
        (base, "case"),
        (f"{base}?tab=people", "people"),
        (f"{base}?tab=follow-ups", "follow-ups"),
        (f"{base}?tab=history", "history"),
        (f"{base}?tab=incident", "incident"),
        (f"{base}/people/{people['person']}", "person"),
        (f"{base}/people/{people['person']}/continue", "continue"),
        (f"{base}/people/new", "add-person"),
        (f"{base}/close", "close"),
        (f"{base}/print", "print"),
    ):
        page.goto(address)
        look(page, f"{size}-{name}")
    page.goto(base)
    go(page, page.get_by_role("button", name="Español"))
    look(page, f"{size}-case-es")
    page.goto("/desk")
    look(page, f"{size}-desk-es")
