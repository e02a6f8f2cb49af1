"""A circle in a real browser, from its proposal to a held meeting, with everything that can go otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.browser.stories.steps import circle as steps
from tests.cases.making import make_user, make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.pathways.circles.making import make_circle, put_hold, train
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db

pytestmark = pytest.mark.browser

MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
TODAY, NEXT_WEEK = "2026-11-24", "2026-12-01"


@dataclass(frozen=True)
class Cast:
    """Who plays, and where."""

    coordinator: str
    keeper: str
    dean: str
    caused: str
    harmed: str
    harmed_id: int
    circle: str


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """A peer conference that was proposed, under the hold for bullying; its coordinator is trained."""
    live_system.set_clock(MORNING)
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        put_hold(world)
        names = [student.shown_name for student in world.students]
        circle = make_circle(world)
        train(world, world.coordinator)
        coordinator, dean = fresh(world.coordinator), make_user(world.school, Role.DEAN)
        coordinator.password_hash = dean.password_hash = PASSWORD_HASH
        db.session.commit()
        return Cast(
            coordinator=coordinator.email,
            keeper=coordinator.name,
            dean=dean.email,
            caused=names[0],
            harmed=names[1],
            harmed_id=world.people[1].id,
            circle=f"/cases/{circle.case_id}/pathways/{circle.id}",
        )


def person(new_visitor: NewVisitor, email: str, size: dict[str, int]) -> Page:
    """Return somebody's signed-in window."""
    visitor = new_visitor(viewport=size)
    visitor.page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    return visitor.page


def only_the_keeper_asks(page: Page, cast: Cast) -> None:
    """The dean does not keep this circle: their answer for the person harmed is refused, with the reason."""
    page.goto(f"{cast.circle}/parties/{cast.harmed_id}")
    steps.change(page, steps.WISH, "Yes")
    expect(page.get_by_role("alert")).to_contain_text("Only the keeper of this circle asks the person harmed")


def a_hold_keeps_it_back(page: Page, cast: Cast) -> None:
    """Everything else is done: the plan is refused naming the hold, until its condition is met."""
    page.goto(f"{cast.circle}/meeting")
    expect(page.locator("main")).to_contain_text("Hold H2 applies")
    steps.choose(page, "When", "Another day or time")
    page.get_by_label("Time", exact=True).fill("09:30")
    page.get_by_label("Room").fill("Library")
    go(page, page.get_by_role("button", name="Save the meeting"))
    expect(page.get_by_role("alert")).to_contain_text("Hold H2 applies")
    expect(page.get_by_label("Room")).to_have_value("Library")
    go(page, page.get_by_role("link", name="Hold H2 applies").first)
    page.get_by_label("Why is the condition met?").fill("A safety plan was agreed this morning.")
    steps.save(page, "Lift the hold")


def postponed(page: Page, cast: Cast) -> None:
    """Planned, moved, fetched as a calendar file, postponed: the gates stay open."""
    steps.plan(page, cast.circle, NEXT_WEEK, "09:30", "Library")
    steps.plan(page, cast.circle, NEXT_WEEK, "10:30", "Room 12")
    with page.expect_download() as fetched:
        tap(page.get_by_role("link", name=re.compile("Calendar file")))
    (event,) = Calendar.from_ical(fetched.value.path().read_bytes()).walk("VEVENT")
    assert (event["LOCATION"], event["SEQUENCE"], event["STATUS"]) == ("Room 12", 1, "CONFIRMED")
    go(page, page.get_by_role("link", name="Postpone or cancel it"))
    steps.say(page, "No, it was postponed")
    expect(page.locator("main")).to_contain_text("Postponed")
    expect(page.get_by_role("link", name="Schedule the meeting").first).to_be_visible()


def nobody_came(page: Page, cast: Cast) -> None:
    """One party does not come; the gates stay open."""
    steps.plan_past(page, cast.circle, TODAY, "08:30", "Room 12")
    steps.say(page, "No, someone did not come")
    steps.everybody(page, {cast.caused: "Did not come"})
    expect(page.locator("main")).to_contain_text("Someone did not come")


def walked_out(page: Page, cast: Cast) -> None:
    """The person harmed leaves, and is asked anew before anything is planned."""
    steps.plan_past(page, cast.circle, TODAY, "08:45", "Room 12")
    page.goto(cast.circle)  # left unanswered, the circle asks again
    go(page, page.get_by_role("link", name="Record whether the meeting took place").first)
    steps.say(page, "It started, someone left, and it ended there")
    steps.everybody(page, {cast.harmed: "Came and left early"})
    expect(page.locator("main")).to_contain_text(f"{cast.harmed}: consent not recorded")
    steps.say_again(page, cast.circle, "%(name)s: consent not recorded", steps.WISH, "Yes", name=cast.harmed)
    steps.say_again(page, cast.circle, "%(name)s: readiness not recorded", steps.READY, "Ready")


def withdrawn(page: Page, cast: Cast) -> None:
    """A yes is taken back: the planned meeting is called off; later the answer is yes again."""
    steps.plan(page, cast.circle, NEXT_WEEK, "10:30", "Room 12")
    page.goto(f"{cast.circle}/parties/{cast.harmed_id}")
    steps.change(page, steps.WISH, "No")
    page.goto(cast.circle)
    expect(page.locator("main")).to_contain_text("Canceled")
    expect(page.locator("main")).to_contain_text(f"{cast.harmed} does not want to take part")
    steps.say_again(page, cast.circle, "%(name)s does not want to take part", steps.WISH, "Yes")


@pytest.mark.full_cross_only("tests/pathways/circles/test_pages.py")
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_circle_with_everything_that_can_go_otherwise(
    cast: Cast, live_server: LiveSystem, new_visitor: NewVisitor, size: dict[str, int]
) -> None:
    page = person(new_visitor, cast.coordinator, size)
    page.goto(cast.circle)
    expect(page.locator("main")).to_contain_text("Assign a circle keeper")
    steps.name_keeper(page, cast.circle, cast.keeper)
    only_the_keeper_asks(person(new_visitor, cast.dean, size), cast)
    steps.prepare(page, cast.circle)
    a_hold_keeps_it_back(page, cast)
    postponed(page, cast)
    nobody_came(page, cast)
    walked_out(page, cast)
    withdrawn(page, cast)

    steps.plan_past(page, cast.circle, TODAY, "09:00", "Room 12")
    steps.say(page, "Yes, but not everyone came, or someone else did")
    go(page, page.get_by_role("button", name="Save the answer"))
    expect(page.get_by_role("alert")).to_contain_text("Answer whether this person came.")
    steps.everybody(page)
    expect(page.get_by_role("link", name="Record the agreement").first).to_be_visible()
    page.goto("/circles/week")
    expect(page.locator("main")).to_contain_text("Held")
