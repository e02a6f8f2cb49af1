"""Lists in Chromium: a table at a desk, cards on a phone, nothing wider than the page, sorted and narrowed by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.cases.making import make_incident, make_user, make_world
from tests.casework.case_list.test_table import fill
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, axe_problems, go, large_text_problems, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import hash_password
from wss_cases.accounts.list_columns import PAGE_SIZE
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHOTS = os.environ.get("WSS_SHOTS", "")
SIZES = {"phone": PHONE, "desk": DESK}

pytestmark = pytest.mark.browser


@pytest.fixture
def email(live_system: LiveSystem, tmp_path: Path) -> Iterator[str]:
    """An administrator, who may open and download every list, of a school with forty cases."""
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        fill(SimpleNamespace(school=world.school, coordinator=world.coordinator), 39)
        for number in range(8):
            danger = {"danger_now": number % 4 == 0, "tile": ("fight", "threat")[number % 2]}
            make_incident(world.school, (world.students[number % 2], PersonRole.HARMED), **danger)
        user = make_user(world.school, Role.ADMINISTRATOR, "Robin Vale")
        user.password_hash = hash_password(PASSWORD)
        db.session.commit()
        yield user.email


def look(page: Page, name: str) -> None:
    """Take the page as a picture where one is wanted; nothing on it may fail the checks."""
    page.wait_for_load_state("load")
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_list_is_a_table_at_a_desk_and_cards_on_a_phone(
    email: str, live_system: LiveSystem, new_visitor: Callable[..., Any], size: str
) -> None:
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=SIZES[size])
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto("/cases")
    look(page, f"{size}-cases")
    # the same markup says the same at both sizes
    table = page.get_by_role("table", name="Cases")
    assert table.get_by_role("row").count() == PAGE_SIZE + 1
    first, second = (table.get_by_role("rowheader").nth(number).bounding_box() for number in (0, 1))
    state = table.get_by_role("row").nth(1).get_by_role("cell").last.bounding_box()
    assert first and second and state
    assert (state["y"] > first["y"] + 10) == (size == "phone"), "below the name on a card, beside it in a table"
    if size == "phone":
        assert page.evaluate("document.documentElement.scrollHeight") <= 4 * PHONE["height"]
    go(page, page.get_by_role("columnheader", name="Who").get_by_role("link"))
    assert table.get_by_role("columnheader", name="Who").get_attribute("aria-sort") == "ascending"
    names = table.get_by_role("rowheader").all_inner_texts()
    tap(page.get_by_text("Columns", exact=True))
    look(page, f"{size}-columns")
    page.get_by_label("Next review").uncheck()
    go(page, page.get_by_role("button", name="Save columns"))
    assert "sort=who" in page.url and table.get_by_role("rowheader").all_inner_texts() == names
    assert table.get_by_role("columnheader", name="Next review").count() == 0
    for address in ("/cases", "/incidents"):
        page.goto(address)
        look(page, f"{size}{address.replace('/', '-')}")
        go(page, page.get_by_role("button", name="Español"))
        look(page, f"{size}{address.replace('/', '-')}-es")
        go(page, page.get_by_role("button", name="English"))
        page.set_viewport_size({"width": 320, "height": 640})
        assert not overflow_problems(page), address
        page.set_viewport_size(SIZES[size])
        if size == "phone":
            assert not large_text_problems(page), address
        page.emulate_media(media="print")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{size}{address.replace('/', '-')}-print.png", full_page=True)
        printed = page.locator(".list-table thead").first
        assert printed.is_visible() and page.get_by_text("Printed Tue, Nov 24, 2026").is_visible()
        assert not page.get_by_role("link", name="Download (CSV)").is_visible()
        page.emulate_media(media="screen")
