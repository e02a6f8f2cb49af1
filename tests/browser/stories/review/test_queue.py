"""A dean's ten waiting reports, four of them of two events: the queue is empty at the end, and no mouse was touched."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.people import languages, look, ready, sign_in
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor
from tests.support.pages.counting import COUNT_CLICKS
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole

pytestmark = pytest.mark.browser

CAUSED = PersonRole.CAUSED_HARM
IN_FOCUS = """selector => {
  const here = document.activeElement;
  return here.matches(selector) || here.closest(".work-row")?.querySelector(selector) != null;
}"""
LIGHT = {"tile": "disruption", "injury": "none", "narrative": "They threw paper.", "details_completed_at": NOW}


def ten_reports(place: Place) -> None:
    """Six for a conversation alone, two of one fight told twice, and two of one hallway that are two events."""
    children = iter([StudentFactory(school=place.school) for _number in range(12)])
    hours = iter(range(3, 60, 5))

    def report(*parts: PersonRole, student: object = None, hour: int = 0, code: str = "fight", **more: object) -> None:
        people = [(student or next(children), parts[0]), *((next(children), part) for part in parts[1:])]
        at = NOW - timedelta(hours=hour or next(hours))
        place.report(*people, code=code, now=at, occurred_at=at, **more)

    for _number in range(6):
        report(CAUSED, code="disruption", **LIGHT)
    twice = next(children)
    for _number in range(2):
        report(CAUSED, student=twice, hour=1, narrative="A fight by the lockers.")
    for _number in range(2):
        report(CAUSED, hour=10, location_code="gym", narrative="Pushing in the gym.")


class Keys:
    """Two hands on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def leads(self, key: str) -> None:
        """Press what leads to another page."""
        with self.page.expect_navigation():
            self.press(key)

    def at(self, selector: str) -> bool:
        """Whether what matches is in focus, or the row that is in focus holds it."""
        return bool(self.page.evaluate(IN_FOCUS, selector))

    def to_row(self, selector: str) -> None:
        """Go down the list to the next row that holds this."""
        for _row in range(12):
            self.press("j")
            if self.at(selector):
                return
        raise AssertionError(f"no row holds {selector}")

    def tab_to(self, selector: str) -> None:
        for _stop in range(90):
            self.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"no way to {selector}")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages(1))
def test_ten_waiting_reports_without_the_mouse(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        [email] = ready([place.dean], language)
        ten_reports(place)
        db.session.remove()
    page = sign_in(new_visitor, email, NOW, size)
    page.add_init_script(COUNT_CLICKS)
    keys = Keys(page)
    page.goto("/review")
    expect(page.locator(".queue-row")).to_have_count(10)
    expect(page.locator(".twin")).to_have_count(2)
    look(page)

    keys.to_row('[data-key="m"]')
    first = page.locator(".work-row:focus-within").get_attribute("id")
    keys.leads("m" if "lockers" in page.locator(f"#{first} .twin").inner_text() else "n")
    keys.to_row('[data-key="m"]')
    second = page.locator(".work-row:focus-within .twin").inner_text()
    keys.leads("m" if "lockers" in second else "n")
    expect(page.locator(".queue-row")).to_have_count(9)
    expect(page.locator(".twin")).to_have_count(0)

    page.goto("/review")
    for _light in range(9):
        keys.press("j")
        if keys.at(".work-tick"):
            keys.press("x")
    expect(page.locator("[name=chosen]:checked")).to_have_count(6)
    keys.tab_to('form[action$="/review/accept"] button[type="submit"]:not([form])')
    keys.leads("Enter")
    for left in (3, 2, 1):
        expect(page.locator(".queue-row")).to_have_count(left)
        keys.press("j")
        keys.leads("Enter")
        keys.tab_to('form[action$="/accept"] button[type="submit"]')
        look(page)
        keys.leads("Enter")
        page.goto("/review")
    expect(page.locator(".empty")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('clicks')") is None, "no mouse was touched"
