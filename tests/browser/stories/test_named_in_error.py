"""On a phone: a dean takes a wrongly named child out, a second person agrees, and the child is found nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stories.steps.people import languages, look, ready, sign_in
from tests.intake.making import NOW, Place
from tests.records.named_in_error.test_taking_out import CANARIES, KNOW, ROSTER, scene, where_it_stands
from tests.support.applications import make_app
from tests.support.pages.browser import NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import Student

pytestmark = pytest.mark.browser


@pytest.mark.full_cross_only("tests/records/named_in_error/test_taking_out.py")
@pytest.mark.parametrize("language", languages())
def test_a_wrongly_named_child_is_taken_out_and_found_nowhere(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        emails = ready((place.dean, place.administrator), language)
        report, child = scene(place)
        child_id = child.id
        address, wrong = f"/incidents/{report.id}", report.people[0].id
        db.session.commit()

    dean, second = (sign_in(new_visitor, email, NOW) for email in emails)
    for page in (dean, second):
        page.goto(address)
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
