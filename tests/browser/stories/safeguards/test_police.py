"""On a phone: a dean asks to tell the police and is refused, asks again, two people say yes, and it is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.people import look, ready, sign_in
from tests.factories.base import fresh
from tests.safeguards.police.test_review import NOW, Scene
from tests.support.applications import make_app
from tests.support.pages.browser import NewVisitor, go
from tests.support.servers.live_system import LiveSystem

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.full_cross_only("tests/safeguards/police/test_review.py")
def test_refused_then_approved_by_two(live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        scene = Scene()
        emails = ready(fresh(person) for person in (scene.dean, scene.head, scene.district))
        report, student = f"/incidents/{scene.incident.id}", fresh(scene.student).shown_name

    dean, head, district = (sign_in(new_visitor, email, NOW) for email in emails)
    address = ask(dean, report, incomplete=True)
    look(dean)
    answer(head, address, "No: do not notify the police")
    dean.reload()
    expect(dean.locator("main")).to_contain_text("Refused")
    expect(dean.get_by_role("link", name="Record the notification")).to_have_count(0)
    address = ask(dean, report)
    answer(head, address, "Yes: the police may be notified")
    answer(district, address, "Yes: the police may be notified")
    look(district)
    expect(district.get_by_role("link", name="Open the report")).to_have_count(0)
    dean.reload()
    go(dean, dean.get_by_role("link", name="Record the notification"))
    dean.get_by_label("Who was told", exact=True).select_option(label="911")
    dean.get_by_label("How", exact=True).select_option(label="Phone")
    dean.get_by_label(student).check()
    dean.get_by_label("Adult who stays with the student").fill("Ms. Test, counselor")
    dean.get_by_label("Was the guardian reached?").select_option(label="Left a voicemail")
    dean.get_by_label("Rights sheet").select_option(label="Given to the student")
    look(dean)
    go(dean, dean.get_by_role("button", name="Record it"))
    expect(dean.locator("main")).to_contain_text("No municipal ticket may follow")
    look(dean)
    dean.goto(report)
    expect(dean.locator("#police")).to_contain_text("Police were notified")
    expect(dean.locator("#police")).to_contain_text("Refused")


def ask(page: Page, report: str, incomplete: bool = False) -> str:
    """Ask by the third door, from the report; returns the review's address."""
    page.goto(report)
    go(page, page.get_by_role("link", name="Notify police (last resort)"))
    look(page)
    go(page, page.get_by_role("link", name="Ask for a review"))
    page.get_by_label("What was done to de-escalate").fill("Talked for an hour.")
    if incomplete:
        go(page, page.get_by_role("button", name="Ask for the review"))
        expect(page.locator("main")).to_contain_text("Write down which alternatives were tried.")
        expect(page.get_by_label("What was done to de-escalate")).to_have_value("Talked for an hour.")
        look(page)
    page.get_by_label("Which alternatives").fill("A circle, a mentor.")
    page.get_by_label("Attempts to reach").fill("Called twice.")
    page.get_by_label("The student's supports").fill("None on record.")
    page.get_by_label("Why the police").fill("It goes on.")
    page.get_by_label("This is not to remove").check()
    go(page, page.get_by_role("button", name="Ask for the review"))
    return page.url


def answer(page: Page, address: str, words: str) -> None:
    """Give an answer as the mail's link leads to it."""
    page.goto(address)
    go(page, page.get_by_role("link", name="Answer", exact=True))
    page.get_by_label(words).check()
    page.get_by_label("Reason").fill("Because of what was tried.")
    page.get_by_label("How was it given?").select_option(label="By phone, recorded here")
    look(page)
    go(page, page.get_by_role("button", name="Submit this answer"))
