"""A removal on a phone, the return it opens, and the way back; and a conversation logged with a thumb."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cases.making import make_world
from tests.factories.cases import PathwayFactory
from tests.intake.making import Place
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.routing.engine.vocabulary import Kind

PASSWORD = "a quiet harbour at dawn"
SHOTS = os.environ.get("WSS_SHOTS", "")
MOST_TAPS = 6

pytestmark = pytest.mark.browser


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


@dataclass(frozen=True)
class Scene:
    """What stands before the story: addresses and who signs in."""

    dean: str
    coordinator: str
    keeper: str
    incident: int
    light: int
    case: int
    student: str


@pytest.fixture
def scene(live_system: LiveSystem, tmp_path: Path) -> Scene:
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        place, world = Place(), make_world()
        for user in (place.dean, place.coordinator, world.coordinator):
            user.password_hash = hash_password(PASSWORD)
        db.session.commit()
        caused = (place.students[0], PersonRole.CAUSED_HARM)
        incident = place.report(caused, (place.students[1], PersonRole.HARMED))
        light = place.report((place.students[2], PersonRole.CAUSED_HARM), code="disruption", tile="disruption")
        PathwayFactory(
            case_id=world.case.id,
            school_id=world.school.id,
            kind=Kind.CONVERSATION.value,
            owner_id=world.coordinator.id,
            participant_id=world.people[0].id,
        )
        return Scene(
            place.dean.email,
            place.coordinator.email,
            world.coordinator.email,
            incident.id,
            light.id,
            world.case.id,
            place.students[0].shown_name,
        )


class Days:
    """The clock of the system and of one window."""

    def __init__(self, system: LiveSystem) -> None:
        self.system = system
        self.pages: list[Page] = []
        self.move("2026-11-24 11:00")

    def move(self, text: str) -> None:
        """Set every clock."""
        self.now = wall(text)
        self.system.set_clock(self.now)
        for page in self.pages:
            page.clock.set_fixed_time(self.now)


@pytest.fixture
def days(live_system: LiveSystem) -> Days:
    return Days(live_system)


@pytest.fixture
def enter(days: Days, new_visitor: NewVisitor) -> Callable[..., Page]:
    def signed_in(email: str, size: dict[str, int]) -> Page:
        visitor = new_visitor(viewport=size)
        visitor.page.clock.set_fixed_time(days.now)
        visitor.enter(email, PASSWORD)
        days.pages.append(visitor.page)
        return visitor.page

    return signed_in


def look(page: Page, name: str) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


def open_again(page: Page, scene: Scene, address: str) -> None:
    """Open a page on another day: the coordinator signs in again first."""
    page.goto("/sign-in")
    page.locator("[name=email]").fill(scene.coordinator)
    page.locator("[name=password]").fill(PASSWORD)
    go(page, page.locator("main form [type=submit]").first)
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(address)


def press(page: Page, name: str) -> None:
    """Send a form, or follow a link that leads to one."""
    go(page, page.locator("main").get_by_role("button", name=name, exact=True))


def follow(page: Page, name: str) -> None:
    """Follow the first link of this name."""
    go(page, page.get_by_role("link", name=name, exact=True).first)


def remove(page: Page, scene: Scene) -> None:
    """A dean records a removal on a phone."""
    page.goto(f"/incidents/{scene.incident}/discipline")
    page.locator("[name=kind]").select_option("out_of_school_suspension")
    page.locator("[name=days]").fill("2")
    page.locator("[name=starts_on]").fill("2026-11-25")
    page.locator("[name=ends_on]").fill("2026-11-26")
    page.locator("[name=reason]").fill("Hit a student after a warning.")
    page.locator("[name=facts_verified]").check()
    page.locator("[name=student_said]").fill("Nothing.")
    page.locator("[name=length_reason]").fill("The time to plan the return.")
    for question in ("disability", "suspected"):
        page.locator(f"[name={question}][value=no]").check()
    go(page, page.locator("main form [type=submit]").last)
    expect(page.locator("body")).to_contain_text("The plan for the return is open")


def plan_return(page: Page, scene: Scene, size: str) -> str:
    """The coordinator finds the return by its day, and plans it with the student."""
    page.goto("/returns")
    expect(page.locator("main")).to_contain_text("Back in 3 school days (Fri, Nov 27)")
    look(page, f"returns-{size}")
    go(page, page.get_by_role("link", name=scene.student))
    page.wait_for_url("**/pathways/**")
    back = page.url
    follow(page, "Plan the return")
    look(page, f"plan-{size}")
    page.get_by_label("Who the student wants with them").fill("An aunt, and Mr. Ito")
    page.get_by_label("Support for the first days").fill("A quiet room at lunch")
    page.get_by_label("Missed work").fill("Two essays")
    page.get_by_label("The student went through it").check()
    press(page, "Save the plan")
    expect(page.locator("main")).to_contain_text("A quiet room at lunch")
    return back


def plan_meeting(page: Page, day: str) -> None:
    """Plan the re-entry meeting with a chip, at nine."""
    page.get_by_label("Time").fill("09:00")
    page.get_by_label("Day").fill(day)
    page.get_by_label("Place").fill("Room 12")
    press(page, "Save the meeting")


def meet(page: Page, scene: Scene, days: Days, back: str, size: str) -> None:
    """The meeting is refused far from the return, not held once, and then held."""
    follow(page, "Plan the re-entry meeting")
    plan_meeting(page, "2026-12-18")
    expect(page.locator("main")).to_contain_text("at most 5 school days from it")
    assert page.get_by_label("Place").input_value() == "Room 12"
    look(page, f"meeting-{size}")
    tap(page.locator("main").get_by_role("button", name="Wed, Nov 25"))
    press(page, "Save the meeting")
    days.move("2026-11-25 10:00")
    open_again(page, scene, back)
    follow(page, "Record whether the re-entry meeting took place")
    page.get_by_label("Someone the student chose was not there").check()
    press(page, "Save the answer")
    expect(page.locator("main")).to_contain_text("Not held; needs a new date")
    follow(page, "Plan the re-entry meeting")
    plan_meeting(page, "2026-11-27")
    days.move("2026-11-27 10:00")
    open_again(page, scene, back)
    expect(page.locator("main")).to_contain_text("Back today")
    follow(page, "Record whether the re-entry meeting took place")
    page.get_by_label("Yes, it took place").check()
    press(page, "Save the answer")
    follow(page, "Is the student back?")
    look(page, f"back-{size}")
    press(page, "Yes, back since this day")
    expect(page.locator("main")).to_contain_text("Back since Fri, Nov 27")


def review(page: Page, scene: Scene, days: Days, back: str, size: str) -> None:
    """Three reviews, the first of which asks for more; then the outcome."""
    for day, answer, note in (
        ("2026-12-04 10:00", "Needs more support", "A talk with the counselor each week"),
        ("2026-12-11 10:00", "Going well with support", ""),
        ("2027-01-04 10:00", "Settled", ""),
    ):
        days.move(day)
        open_again(page, scene, back)
        follow(page, "Record a review")
        page.get_by_label(answer).check()
        press(page, "Save the review")
        if note:
            expect(page.locator("main")).to_contain_text("Describe in a sentence what is needed now")
            assert page.get_by_label(answer).is_checked()
            page.get_by_label("Note").fill(note)
            press(page, "Save the review")
        expect(page.locator("main")).to_contain_text(answer)
    follow(page, "Complete it with its outcome")
    page.get_by_label("Back in class and settled").check()
    press(page, "Complete")
    expect(page.locator("main")).to_contain_text("Completed")
    look(page, f"completed-{size}")


@pytest.mark.full_cross_only("tests/pathways/reengagement/test_returns.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_from_the_removal_to_the_desk_again(scene: Scene, days: Days, enter: Callable[..., Page], size: str) -> None:
    remove(enter(scene.dean, PHONE), scene)
    page = enter(scene.coordinator, PHONE if size == "phone" else DESK)
    back = plan_return(page, scene, size)
    meet(page, scene, days, back, size)
    review(page, scene, days, back, size)


class Thumb:
    """One thumb on a phone: every tap is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tap(self, what: Locator) -> None:
        """Tap what is there."""
        tap(what)
        self.taps += 1

    def leave_by(self, what: Locator) -> None:
        """Tap what leads to another page, and be there."""
        go(self.page, what)
        self.taps += 1


def talk(page: Page, first: Locator, save: str) -> int:
    """Log a conversation with a repair step from the link that leads to it; return the taps."""
    thumb = Thumb(page)
    thumb.leave_by(first)
    thumb.tap(page.get_by_role("radio", name="Talked it through and agreed on a repair"))
    thumb.tap(page.get_by_role("radio", name="Fix, clean, or replace it"))
    thumb.leave_by(page.get_by_role("button", name=save))
    return thumb.taps


@pytest.mark.full_cross_only("tests/pathways/reengagement/test_returns.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_conversation_is_logged_with_a_thumb(scene: Scene, days: Days, enter: Callable[..., Page], size: str) -> None:
    page = enter(scene.keeper, PHONE if size == "phone" else DESK)
    page.goto(f"/cases/{scene.case}")
    follow(page, "Log the conversation")
    press(page, "Save the conversation")
    expect(page.locator("main")).to_contain_text("Choose how it went.")
    look(page, f"conversation-error-{size}")
    page.goto(f"/cases/{scene.case}")
    link = page.get_by_role("link", name="Log the conversation", exact=True).first
    assert talk(page, link, "Save the conversation") <= MOST_TAPS
    expect(page.locator("main")).to_contain_text("Completed")

    dean = enter(scene.dean, PHONE if size == "phone" else DESK)
    dean.goto(f"/review/{scene.light}")
    press(dean, "Accept as recommended")
    dean.goto("/my-day")
    link = dean.locator(f"a[href='/review/{scene.light}/conversation']").first
    assert talk(dean, link, "Save it and close the report") <= MOST_TAPS
    look(dean, f"light-closed-{size}")
    dean.goto(f"/incidents/{scene.light}")
    expect(dean.locator("main")).to_contain_text("Fix, clean, or replace it")
