"""Mentoring in a real browser: a coordinator at a desk, a mentor with a phone in a hallway."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stories.steps.routing import accept
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.factories.mentoring import MentorFactory
from tests.intake.making import Place, set_facts
from tests.pathways.mentoring.making import make_mentored, make_pathway
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, Visitor, go, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.routing.engine.vocabulary import Kind

pytestmark = pytest.mark.browser

MOST_TAPS = 4
GOAL = "Start the first period calmly"


@dataclass(frozen=True)
class Cast:
    """Who plays, by address, and where."""

    dean: str
    incident: int
    coordinator: str
    mentor: str
    student: str
    case: str
    meeting: str
    card: str
    third: str


class Hand:
    """One hand on a phone: every tap is counted."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        tap(what)
        self.taps += 1


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """A report of bullying in review, a case with two proposed mentoring pathways, and a reporter who mentors two."""
    live_system.set_clock(wall("2026-11-24 11:00"))
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        made = make_mentored(capacity=2, languages=["es"])
        student = fresh(made.world.students[0])
        student.language = "es"
        MentorFactory(school_id=made.world.school.id, name="Ida Okafor", capacity=0)
        rows = [make_pathway(made.world, kind) for kind in (Kind.CHECK_IN_CHECK_OUT, Kind.ONE_TO_ONE)]
        place = Place(made.world.school, made.world.students)
        parts = zip(place.students, (PersonRole.CAUSED_HARM, PersonRole.HARMED), strict=True)
        incident = set_facts(place.report(*parts), bullying=True)
        for user in (place.dean, place.coordinator, made.user):
            fresh(user).password_hash = PASSWORD_HASH
        db.session.commit()
        case = f"/cases/{rows[0].case_id}"
        return Cast(
            dean=str(fresh(place.dean).email),
            incident=incident.id,
            coordinator=str(fresh(place.coordinator).email),
            mentor=str(fresh(made.user).email),
            student=student.given_name,
            case=case,
            meeting="",
            card=f"{case}/pathways/{rows[0].id}",
            third=f"{case}/pathways/{rows[1].id}",
        )


def person(new_visitor: NewVisitor, email: str, size: dict[str, int], now: str) -> Page:
    """Return the signed-in window of a person."""
    visitor: Visitor = new_visitor(viewport=size)
    visitor.page.clock.set_fixed_time(wall(now))
    visitor.enter(email, PASSWORD)
    return visitor.page


def match(page: Page, address: str, rhythm: str) -> None:
    """Match a student with the mentor who speaks their language, an error on the way."""
    page.goto(address)
    go(page, page.get_by_role("link", name="Match with a mentor").first)
    expect(page.locator("main")).to_contain_text("Speaks the student’s language")
    page.get_by_role("radio", name=re.compile("Mo Mentor")).check()
    page.get_by_role("checkbox", name="Speaks the student’s language").check()
    page.get_by_role("textbox", name="Goal").fill(GOAL)
    page.get_by_label("First day").fill("2026-11-23")
    page.get_by_label("Next review").fill("2026-12-14")
    page.get_by_role("radio", name="Yes", exact=True).check()
    go(page, page.get_by_role("button", name="Save the match"))
    expect(page.get_by_role("alert")).to_contain_text("Choose how often and how long.")
    expect(page.get_by_role("textbox", name="Goal")).to_have_value(GOAL)
    page.get_by_role("radio", name=rhythm).check()
    go(page, page.get_by_role("button", name="Save the match"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))
    expect(page.locator("main")).to_contain_text("Mo Mentor")


def log_in_seconds(page: Page, student: str) -> None:
    """From My day to a logged session, within the taps."""
    page.goto("/my-day")
    hand = Hand()
    hand.tap(page.get_by_role("link", name=f"Log {student}"))
    hand.tap(page.get_by_role("radio", name="Yes", exact=True))
    hand.tap(page.get_by_role("radio", name="30 min"))
    hand.tap(page.get_by_role("button", name="Save"))
    expect(page.locator("main")).to_contain_text("Today is logged.")
    assert hand.taps <= MOST_TAPS, hand.taps
    expect(page.locator("main")).to_contain_text("Held, 30 min")


def correct(page: Page) -> None:
    """It was the wrong student: the log of today becomes a missed session."""
    go(page, page.get_by_role("link", name="Tue, Nov 24"))
    page.get_by_role("radio", name="No", exact=True).check()
    expect(page.get_by_role("radio", name="30 min")).to_be_hidden()
    go(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("alert")).to_contain_text("Explain why not.")
    page.get_by_role("radio", name="The student was away").check()
    go(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("listitem").filter(has_text="Nov 24")).to_contain_text("The student was away")


def carry_a_card(page: Page, student: str) -> None:
    """Check in, mark two periods, check out."""
    page.goto("/mentoring")
    go(page, page.get_by_role("link", name=f"Card {student}"))
    go(page, page.get_by_role("button", name="Check in"))
    for period, marks in (("Period 1", "21"), ("Lunch", "22")):
        go(page, page.get_by_role("link", name=period))
        for place, mark in enumerate(marks):
            page.locator(f"[name=m{place}][value='{mark}']").check()
        go(page, page.get_by_role("button", name="Save"))
        page.wait_for_url(re.compile("/card"))
    expect(page.locator("main")).to_contain_text("88 percent")
    expect(page.locator("main")).to_contain_text("Goal of 80 percent reached")
    go(page, page.get_by_role("button", name="Check out"))
    expect(page.locator("main")).to_contain_text("Checked out at")
    go(page, page.get_by_role("link", name=re.compile("paper .English")))
    expect(page.locator("main")).to_contain_text("Kind words")


def set_the_card(page: Page, address: str) -> None:
    """Write what the card asks."""
    page.goto(address)
    go(page, page.get_by_role("link", name="Set up the daily card").first)
    page.get_by_label("Expectations").fill("Kind words\nOn time")
    page.get_by_label("Periods of the day").fill("Period 1\nLunch\nPeriod 5")
    go(page, page.get_by_role("button", name="Save the card"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def end_well_and_early(page: Page, cast: Cast) -> None:
    """Review the meeting and end it with its outcome; end the card early."""
    page.goto(cast.meeting)
    go(page, page.get_by_role("link", name=re.compile("Review (the mentoring|it)")).first)
    page.get_by_role("radio", name="Goal reached", exact=True).check()
    page.get_by_role("radio", name="It ends now").check()
    go(page, page.get_by_role("button", name="Save the review"))
    page.get_by_role("radio", name="Goal reached", exact=True).check()
    page.get_by_role("radio", name="The mentor stays in touch").check()
    go(page, page.get_by_role("button", name="End it"))
    expect(page.locator("main")).to_contain_text("Completed")
    expect(page.locator("main")).to_contain_text("The mentor stays in touch")
    page.goto(cast.card)
    go(page, page.get_by_role("link", name="End mentoring"))
    page.get_by_role("radio", name="It is ending early").check()
    page.get_by_role("radio", name="Another adult at the school takes over").check()
    go(page, page.get_by_role("button", name="End it"))
    expect(page.get_by_role("alert")).to_contain_text("Choose the reason it is ending.")
    page.get_by_role("radio", name="It is no longer needed").check()
    go(page, page.get_by_role("button", name="End it"))
    expect(page.locator("main")).to_contain_text("Ended early")


@pytest.mark.full_cross_only("tests/pathways/mentoring/test_pages.py")
@pytest.mark.parametrize("sizes", [(DESK, PHONE), (PHONE, DESK)], ids=["mentor-phone", "mentor-desk"])
def test_from_routing_to_what_comes_after(
    cast: Cast, live_server: LiveSystem, new_visitor: NewVisitor, sizes: tuple[dict[str, int], dict[str, int]]
) -> None:
    team, mentor = sizes
    dean = person(new_visitor, cast.dean, team, "2026-11-24 11:00")
    cast = replace(cast, meeting=accept(dean, cast.incident, "One-to-one mentoring"))
    desk = person(new_visitor, cast.coordinator, team, "2026-11-24 10:00")
    match(desk, cast.meeting, "Every week for 27 weeks")
    match(desk, cast.card, "Every school day for 6 months")
    set_the_card(desk, cast.card)
    desk.goto(f"{cast.third}/match")
    expect(desk.locator("main")).to_contain_text("No mentor has an open spot.")

    phone = person(new_visitor, cast.mentor, mentor, "2026-11-24 10:00")
    log_in_seconds(phone, cast.student)
    correct(phone)
    carry_a_card(phone, cast.student)
    for forbidden in (cast.case, cast.meeting, "/mentors"):
        answer = phone.goto(forbidden)
        assert answer is not None and answer.status == 404

    desk.goto(cast.meeting)
    expect(desk.locator("main")).to_contain_text("The student was away")
    desk.goto(cast.card)
    expect(desk.locator("main")).to_contain_text("The goal of 80 percent was reached on 1 of 1 recorded days.")
    live_server.set_clock(wall("2026-12-14 09:00"))
    desk = person(new_visitor, cast.coordinator, team, "2026-12-14 09:00")
    desk.goto("/my-day")
    expect(desk.locator("main")).to_contain_text("Ask why the session was missed")
    end_well_and_early(desk, cast)

    phone = person(new_visitor, cast.mentor, mentor, "2026-12-14 09:00")
    phone.goto("/mentoring")
    expect(phone.locator("main")).to_contain_text("You do not mentor anyone right now.")
