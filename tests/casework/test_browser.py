"""A circle in Chromium, on a phone and at a desk, in both languages: clean, nothing to scroll sideways."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cases.making import make_user, make_world
from tests.factories.cases import PathwayFactory
from tests.pathways.making_circle import put_hold
from tests.support.applications import make_app
from tests.support.browser import DESK, PHONE, axe_problems, overflow_problems
from wss_cases.access.actor import Role
from wss_cases.accounts.passwords import hash_password
from wss_cases.foundation.db import db
from wss_cases.routing.states import Kind

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHOTS = os.environ.get("WSS_SHOTS", "")

pytestmark = pytest.mark.browser


@pytest.fixture
def people(live_system, tmp_path):
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        put_hold(world)
        for kind in (Kind.PEER_CONFERENCE, Kind.ONE_TO_ONE, Kind.CONVERSATION):
            PathwayFactory(
                case_id=world.case.id,
                school_id=world.school.id,
                kind=kind.value,
                owner_id=world.coordinator.id,
            )
        make_user(world.school, Role.DEAN, "Morgan Reyes")
        world.coordinator.password_hash = hash_password(PASSWORD)
        db.session.commit()
        return {"email": world.coordinator.email, "case": world.case.id, "person": world.people[0].id}


def look(page, name):
    page.wait_for_load_state("load")
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_circle_is_run(people, live_system, new_visitor, size):
    live_system.set_clock(MORNING)
    visitor = new_visitor(viewport=PHONE if size == "phone" else DESK)
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.sign_in(people["email"], PASSWORD)
    page.goto("/cases")
    look(page, f"{size}-list")
    page.get_by_role("link", name="Fight").first.click()
    look(page, f"{size}-case")
    for _person in range(2):
        page.get_by_role("link", name="Record the consent").first.click()
        page.get_by_label("Yes").first.check()
        look(page, f"{size}-consent")
        page.get_by_role("button", name="Save the answer").click()
    page.get_by_role("link", name="Look at the hold that applies").first.click()
    page.get_by_label("Why is the condition met?").fill("The safety plan was agreed today.")
    look(page, f"{size}-hold")
    page.get_by_role("button", name="Lift the hold").click()
    page.get_by_role("link", name="Plan the meeting").first.click()
    page.get_by_label("Day").fill("2026-11-24")
    page.get_by_label("Time").fill("09:00")
    page.get_by_label("Room").fill("204")
    look(page, f"{size}-meeting")
    page.get_by_role("button", name="Save the meeting").click()
    page.get_by_role("link", name="Say whether the meeting happened").click()
    page.get_by_label("Yes").first.check()
    for box in page.locator("[name=attended]").all():
        box.check()
    look(page, f"{size}-answer")
    page.get_by_role("button", name="Save the answer").click()
    page.get_by_role("link", name="Record the agreement").first.click()
    page.get_by_label("What was agreed").first.fill("Repaint the locker together")
    page.get_by_label("Until when").first.fill("2026-12-01")
    look(page, f"{size}-agreement")
    page.get_by_role("button", name="Save the agreement").click()
    look(page, f"{size}-agreed")
    for address, name in (
        (f"/cases/{people['case']}?tab=people", "people"),
        (f"/cases/{people['case']}?tab=follow-ups", "follow-ups"),
        (f"/cases/{people['case']}?tab=history", "history"),
        (f"/cases/{people['case']}?tab=incident", "incident"),
        (f"/cases/{people['case']}/people/{people['person']}", "person"),
        (f"/cases/{people['case']}/people/new", "add-person"),
        (f"/cases/{people['case']}/close", "close"),
        (f"/cases/{people['case']}/print", "print"),
        ("/circles", "circles"),
    ):
        page.goto(address)
        look(page, f"{size}-{name}")
    page.goto(f"/cases/{people['case']}")
    page.get_by_role("button", name="Español").click()
    look(page, f"{size}-case-es")
