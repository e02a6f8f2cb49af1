"""My day in Chromium: the keys move, tick and can be turned off; several follow-ups move; an act is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.mail.making import scene
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db

PASSWORD = "a quiet harbour at dawn"
NAMED = "Zephyrine Quillfeather"  # the student of the scene's case, whom each title names
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)

pytestmark = pytest.mark.browser


@pytest.fixture
def email(live_system: LiveSystem, tmp_path: Path) -> Iterator[str]:
    """A coordinator with three overdue follow-ups, two due today, and one that does not move with others."""
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        here = scene()
        for number in range(3):
            here.due(date(2026, 11, 18 + number), kind="other", title=f"Late {number}")
        for number in range(2):
            here.due(date(2026, 11, 24), kind="other", title=f"Today {number}")
        here.due(date(2026, 11, 24), kind="guardian_contact", title="Call home", same_day=True)
        here.coordinator.password_hash = hash_password(PASSWORD)
        db.session.commit()
        yield here.coordinator.email


def start(new_visitor: Callable[..., Any], live_system: LiveSystem, email: str, viewport: Any) -> Page:
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=viewport)
    page: Page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto("/my-day")
    return page


def clean(page: Page) -> None:
    page.wait_for_load_state("load")
    assert not axe_problems(page)
    assert not overflow_problems(page)


def focused(page: Page) -> str:
    """The words of the link or field in focus; '' where none is."""
    return str(
        page.evaluate("document.activeElement.matches('a, input, button') ? document.activeElement.textContent : ''")
    )


def test_keys_move_tick_open_and_can_be_turned_off(
    email: str, live_system: LiveSystem, new_visitor: Callable[..., Any]
) -> None:
    page = start(new_visitor, live_system, email, DESK)
    clean(page)
    page.keyboard.press("ArrowDown")
    assert focused(page) == ""  # an arrow scrolls until a follow-up is in focus
    page.keyboard.press("j")
    assert focused(page) == f"Late 0: {NAMED}"
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    assert focused(page) == f"Late 1: {NAMED}"
    assert page.locator("[data-keys-list] :checked").count() == 2
    page.keyboard.press("Shift+?")
    assert page.get_by_role("dialog", name="Keyboard shortcuts").is_visible()
    clean(page)
    page.keyboard.press("j")  # typed into the dialog: nothing moves behind it
    page.get_by_label("Use the letter keys in this browser").uncheck()
    page.keyboard.press("Escape")
    assert focused(page) == f"Late 1: {NAMED}"
    page.keyboard.press("j")
    assert focused(page) == f"Late 1: {NAMED}"
    page.reload()
    page.keyboard.press("j")
    assert focused(page) == ""
    tap(page.get_by_role("button", name="Keyboard shortcuts"))
    page.get_by_label("Use the letter keys in this browser").check()
    tap(page.get_by_role("button", name="Close"))
    page.locator(".brand").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/follow-ups/*")
    assert page.get_by_role("heading", name="Late 0").is_visible()


def the_bar_covers_nothing(page: Page) -> None:
    """The bar of a phone names its pages, each large enough for a thumb, and hides neither the focus nor the end."""
    bar, more = page.locator(".phone-bar"), page.locator(".phone-more > summary")
    assert bar.get_by_role("link").all_inner_texts() == ["My day", "Log", "Caseload", "Find"]
    assert bar.locator("[aria-current=page]").inner_text() == "My day"
    assert more.inner_text() == "More"
    for target in (*bar.get_by_role("link").all(), more):
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert page.evaluate(HIDDEN_BY_BAR) == []
    tap(more)
    assert page.get_by_role("button", name="Sign out").is_visible()
    page.keyboard.press("Escape")


HIDDEN_BY_BAR = """() => {
  const top = document.querySelector(".phone-bar").getBoundingClientRect().top;
  const hidden = [];
  for (const one of document.querySelectorAll("main a, main button, main input, footer a")) {
    if (!one.offsetParent) continue;
    one.focus();
    one.scrollIntoView({block: "nearest"});
    if (one.getBoundingClientRect().bottom > top) hidden.push(one.textContent);
  }
  scrollTo(0, document.body.scrollHeight);
  if (document.querySelector(".site-footer").getBoundingClientRect().bottom > top + 1) hidden.push("the end");
  scrollTo(0, 0);
  document.activeElement.blur();
  return hidden;
}"""
"""What lies under the bar when it is in focus."""


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_several_move_and_come_back(
    email: str, live_system: LiveSystem, new_visitor: Callable[..., Any], viewport: Any
) -> None:
    page = start(new_visitor, live_system, email, viewport)
    clean(page)
    assert page.get_by_role("heading", name="Today (6)").is_visible()
    if viewport is PHONE:
        the_bar_covers_nothing(page)
    else:
        assert page.locator(".phone-bar").is_hidden()
    tap(page.locator("#today details.more > summary"))
    for name in ("Late 0", "Late 2", "Call home"):
        page.locator(".work-row", has_text=name).get_by_role("checkbox").check()
    go(page, page.get_by_role("button", name="Reschedule selected"))
    clean(page)
    assert "It is due the same day." in page.content()
    go(page, page.get_by_role("button", name="Check the new days"))
    assert page.locator(".error-summary").is_visible()
    clean(page)
    page.get_by_label("Spread over the next school days").check(force=True)
    page.get_by_label("There was no time").check(force=True)
    go(page, page.get_by_role("button", name="Check the new days"))
    clean(page)
    assert page.locator("tbody tr").count() == 2
    go(page, page.get_by_role("button", name="Reschedule 2 follow-ups"))
    page.wait_for_url("**/my-day")
    clean(page)
    assert page.get_by_text("2 follow-ups moved").first.is_visible()
    assert page.get_by_role("heading", name="Today (4)").is_visible()
    go(page, page.get_by_role("button", name="Undo"))
    assert page.get_by_text("Undone.").is_visible()
    assert page.get_by_role("heading", name="Today (6)").is_visible()
    clean(page)
