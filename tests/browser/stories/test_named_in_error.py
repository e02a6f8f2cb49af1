"""On a phone: a dean takes a wrongly named child out, a second person agrees, and the child is found nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.intake.making import NOW, Place
from tests.records.named_in_error.test_taking_out import CANARIES, KNOW, ROSTER, scene, where_it_stands
from tests.support.applications import make_app
from tests.support.depth import in_turn
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.accounts.credentials.passwords import hash_password
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import Student

PASSWORD = "a quiet harbour at dawn"
LANGUAGES = [language for number, language in enumerate(("es", "en")) if in_turn(number, 2)]

pytestmark = pytest.mark.browser


def look(page: Page) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    assert not axe_problems(page), page.url
    assert not overflow_problems(page), page.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrongly_named_child_is_taken_out_and_found_nowhere(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        for person in (place.dean, place.administrator):
            person.password_hash, person.locale = hash_password(PASSWORD), language
        emails = [place.dean.email, place.administrator.email]
        db.session.commit()
        report, child = scene(place)
        child_id = child.id
        address, wrong = f"/incidents/{report.id}", report.people[0].id
        db.session.commit()

    def sign_in(email: str) -> Page:
        visitor = new_visitor(viewport=PHONE)
        visitor.page.clock.set_fixed_time(NOW)
        visitor.enter(email, PASSWORD)
        visitor.page.goto(address)
        return visitor.page

    dean, second = sign_in(emails[0]), sign_in(emails[1])
    expect(dean.locator("main")).to_contain_text("Zebulon")
    go(dean, dean.locator(f'main a[href$="/people/{wrong}/named-in-error"]'))
    look(dean)
    dean.locator('textarea[name="reason"]').fill("Zebulon was at home that day.")
    go(dean, dean.locator('main form button[type="submit"]'))
    expect(dean.locator('#named-in-error button[type="submit"]')).to_have_count(0)
    second.reload()
    look(second)
    go(
        second,
        second.locator("#named-in-error form").filter(has=second.locator('input[value="yes"]')).locator("button"),
    )
    look(second)
    for page in (dean, second):
        for other in (address, "/incidents", "/cases", "/follow-ups", "/my-day"):
            page.goto(other)
            shown = page.locator("body").inner_text().casefold()
            assert not [one for one in CANARIES if one in shown], other
    with make_app(live_system.database.url, tmp_path).app_context():
        assert where_it_stands(db.session.get_one(Student, child_id)) <= ROSTER | KNOW
