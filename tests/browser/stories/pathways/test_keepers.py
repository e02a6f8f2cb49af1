"""Keeping a circle in a real browser: the first keeper, private notes on a phone, another keeper, what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.cases.making import make_user, make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("America/Chicago"))
SAID = "She asked to sit near the door; he said sorry before anybody asked."


@dataclass(frozen=True)
class Cast:
    """Who plays, by address of mail, and the circle's page."""

    coordinator: str
    dean: str
    dean_name: str
    administrator: str
    circle: str


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """A circle that nobody keeps yet, in a school with a coordinator, a dean and an administrator."""
    live_system.set_clock(NOW)
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        people = [fresh(world.coordinator), make_user(world.school, name="Imani Okafor")]
        people.append(make_user(world.school, Role.ADMINISTRATOR, "Rosa Lindqvist"))
        for user in people:
            user.password_hash = PASSWORD_HASH
        circle = PathwayFactory(
            case_id=world.case.id, school_id=world.school.id, kind="peace_circle", owner_id=people[0].id
        )
        db.session.commit()
        return Cast(
            people[0].email,
            people[1].email,
            people[1].name,
            people[2].email,
            f"/cases/{circle.case_id}/pathways/{circle.id}",
        )


def person(new_visitor: NewVisitor, email: str, size: dict[str, int], javascript: bool = True) -> Page:
    """Return the signed-in window of somebody."""
    visitor = new_visitor(viewport=size, javascript=javascript)
    visitor.page.clock.set_fixed_time(NOW)
    visitor.enter(email, PASSWORD)
    return visitor.page


def sound(page: Page) -> None:
    """The open page can be used by everybody and fits its window."""
    assert axe_problems(page) == [] and overflow_problems(page) == []


@pytest.mark.full_cross_only("tests/pathways/circles/test_keepers.py")
def test_a_circle_is_kept(new_visitor: NewVisitor, cast: Cast) -> None:
    phone = person(new_visitor, cast.coordinator, PHONE)
    _name_the_first(phone, cast)
    _write(phone, cast)
    desk = person(new_visitor, cast.administrator, DESK)
    _administer(desk, cast)
    dean = person(new_visitor, cast.dean, DESK)
    dean.goto(f"{cast.circle}/notes")
    expect(dean.get_by_role("heading", name="Closed to you")).to_be_visible()
    assert SAID not in dean.content()
    sound(dean)
    _record(phone, cast)
    _end(phone, cast)
    answer = dean.goto(f"{cast.circle}/notes")
    assert answer is not None and answer.status == 404 and SAID not in dean.content()


def _name_the_first(page: Page, cast: Cast) -> None:
    page.goto(f"{cast.circle}/keepers")
    expect(page.get_by_text("This circle has no keeper.")).to_be_visible()
    go(page, page.get_by_role("button", name="Assign a circle keeper"))
    expect(page.get_by_role("alert")).to_contain_text("Choose a circle keeper.")
    sound(page)
    own = page.get_by_label("Circle keeper").locator("option", has_text="Coordinator").first
    page.get_by_label("Circle keeper").select_option(value=str(own.get_attribute("value")))
    go(page, page.get_by_role("button", name="Assign a circle keeper"))
    expect(page.get_by_role("link", name="Private notes")).to_be_visible()
    sound(page)


def _write(page: Page, cast: Cast) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    go(page, page.get_by_role("link", name="Private notes"))
    expect(page.get_by_text("No note yet.")).to_be_visible()
    go(page, page.get_by_role("button", name="Save the note"))
    expect(page.get_by_role("alert")).to_contain_text("Write the note.")
    page.get_by_label("New note").fill(SAID)
    expect(page.locator("[data-draft-url]")).to_have_count(0)
    assert sent == ["POST"]  # nothing is stored before it is saved
    go(page, page.get_by_role("button", name="Save the note"))
    expect(page.get_by_text(SAID)).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    sound(page)


def _administer(page: Page, cast: Cast) -> None:
    answer = page.goto(f"{cast.circle}/notes")
    assert answer is not None and answer.status == 404 and SAID not in page.content()
    page.goto(f"{cast.circle}/keepers")
    page.get_by_label("Circle keeper").select_option(label=cast.dean_name)
    go(page, page.get_by_role("button", name="Add the keeper"))
    expect(page.get_by_text(cast.dean_name)).to_be_visible()
    sound(page)
    go(page, page.get_by_role("link", name="Privilege"))
    go(page, page.get_by_role("link", name="Stop shredding"))
    page.get_by_label("Records request").check()
    page.get_by_label("What it is about").fill("Request 7 of 2026")
    go(page, page.get_by_role("button", name="Stop shredding"))
    expect(page.get_by_text("Request 7 of 2026")).to_be_visible()
    expect(page.get_by_role("heading", name="Waivers")).to_have_count(0)
    sound(page)


def _record(page: Page, cast: Cast) -> None:
    page.goto(f"{cast.circle}/privilege")
    go(page, page.get_by_role("link", name="Record a waiver"))
    page.get_by_label("Who signed").select_option(index=1)
    page.get_by_label("What it covers").fill("What I said about the bus")
    page.get_by_label("Why it was given").fill("My teacher may know")
    sound(page)
    go(page, page.get_by_role("button", name="Save the waiver"))
    expect(page.get_by_text("What I said about the bus")).to_be_visible()
    go(page, page.get_by_role("link", name="Record a legal exception"))
    page.get_by_label("To prevent death or bodily harm").check()
    page.get_by_label("Who was told").fill("The school nurse")
    page.get_by_label("Why it was needed").fill("There was a threat")
    go(page, page.get_by_role("button", name="Save the exception"))
    expect(page.get_by_text("The school nurse")).to_be_visible()
    sound(page)


def _end(page: Page, cast: Cast) -> None:
    page.goto(f"{cast.circle}/keepers")
    go(page, page.get_by_role("link", name=f"Remove as keeper {cast.dean_name}"))
    sound(page)
    go(page, page.get_by_role("button", name="End it"))
    expect(page.get_by_role("heading", name="Former keepers")).to_be_visible()


def test_notes_are_written_without_scripts(new_visitor: NewVisitor, cast: Cast) -> None:
    page = person(new_visitor, cast.coordinator, PHONE, javascript=False)
    page.goto(f"{cast.circle}/keepers")
    own = page.get_by_label("Circle keeper").locator("option", has_text="Coordinator").first
    page.get_by_label("Circle keeper").select_option(value=str(own.get_attribute("value")))
    go(page, page.get_by_role("button", name="Assign a circle keeper"))
    page.goto(f"{cast.circle}/notes")
    page.get_by_label("New note").fill(SAID)
    go(page, page.get_by_role("button", name="Save the note"))
    expect(page.get_by_text(SAID)).to_be_visible()
