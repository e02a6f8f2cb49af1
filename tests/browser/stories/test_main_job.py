"""The main job, end to end, in a real browser: from a tap in a hallway to a number the board can ask about."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stories.steps import circle as steps
from tests.browser.stories.steps.questions import answer_open_questions
from tests.support.databases import DEMO_PASSWORD
from tests.support.pages.browser import DESK, PHONE, NewVisitor, Visitor, go, tap
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import MailServer

pytestmark = pytest.mark.browser

TAPS, LETTERS = 9, 8
DISTRICT = ["--schools", "1", "--students", "120", "--incidents", "6", "--years", "1", "--seed", "7"]


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


class Hand:
    """One hand on a phone: every tap and every typed letter is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0
        self.letters = 0

    def tap(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        tap(what)
        self.taps += 1

    def type(self, letters: str) -> None:
        self.page.keyboard.type(letters)
        self.letters += len(letters)


class Days:
    """The clock of the system and of every window."""

    def __init__(self, system: LiveSystem, new_visitor: NewVisitor) -> None:
        self.system = system
        self.new_visitor = new_visitor
        self.pages: list[Page] = []
        self.now = wall("2026-10-06 10:40")

    def move(self, text: str) -> None:
        self.now = wall(text)
        self.system.set_clock(self.now)
        for page in self.pages:
            page.clock.set_fixed_time(self.now)

    def person(self, role: str, size: dict[str, int]) -> Page:
        visitor: Visitor = self.new_visitor(viewport=size)
        visitor.page.clock.set_fixed_time(self.now)
        visitor.enter(f"{role}@demo.example", DEMO_PASSWORD)
        self.pages.append(visitor.page)
        return visitor.page


def log_a_fight(page: Page) -> tuple[list[str], str]:
    """Log a fight between two students within the budget; return their names and the reference."""
    page.goto("/incidents/new")
    hand, names = Hand(page), []
    hand.tap(page.get_by_role("radio", name="No", exact=True))
    hand.tap(page.locator("[name=people_q]"))
    for number, letters in enumerate(("ma", "an")):
        hand.type(letters)
        option = page.get_by_role("option").nth(number)
        names.append(re.sub(r"\s+\S+\s*·.*", "", option.inner_text(), flags=re.DOTALL))
        hand.tap(option)
        expect(page.locator(".chip")).to_have_count(number + 1)
    hand.tap(page.get_by_role("radio", name="Fight"))
    hand.tap(page.get_by_role("radio", name="Hallway"))
    hand.tap(page.get_by_role("button", name="Save the report"))
    expect(page.get_by_role("heading", name="The report is saved")).to_be_visible()
    assert hand.taps <= TAPS and hand.letters <= LETTERS, (hand.taps, hand.letters)
    found = re.search(r"[A-Z]+-I-\d+", page.locator("main").inner_text())
    assert found
    return names, found.group()


def accept(page: Page, reference: str, names: list[str]) -> str:
    """Say who caused harm and who was harmed, read why, and accept; return the reference of the case that opened."""
    page.goto("/review")
    go(page, page.get_by_role("link", name=re.compile(reference)))
    expect(page.locator("main")).to_contain_text("Answer what is not known to see the recommendation.")
    expect(page.get_by_role("button", name="Accept as recommended")).to_have_count(0)
    for name, part in zip(names, ("Caused harm", "Was harmed"), strict=True):
        go(page, page.get_by_role("button", name=f"{part} {name}"))
    answer_open_questions(page)
    expect(page.locator("main")).to_contain_text("Peace circle")
    expect(page.locator("main")).to_contain_text("No law requires a call to the police for what is known.")
    go(page, page.get_by_role("button", name="Accept as recommended"))
    expect(page.locator("main")).to_contain_text("is open")
    found = re.search(r"Case ([A-Z]+-\d+) is open", page.locator("main").inner_text())
    assert found
    return found.group(1)


def prepare_a_circle(page: Page, opened: str) -> str:
    """From My day to the circle: every gate, and the meeting. Returns the case's address."""
    page.goto("/my-day")
    go(page, page.get_by_role("listitem").filter(has_text=opened).get_by_role("link", name="New case"))
    page.wait_for_url(re.compile("/cases/"))
    case = page.url.split("?")[0]
    go(page, page.get_by_role("link", name="Peace circle", exact=True))
    page.wait_for_url(re.compile("/pathways/"))
    circle = page.url
    owner = re.search(r"Lead person\s+(.+)", page.locator("main").inner_text())
    assert owner
    steps.name_keeper(page, circle, owner.group(1).strip())
    steps.prepare(page, circle)
    steps.plan(page, circle, "2026-10-08", "10:00", "204")
    return case


def hold_it(page: Page, opened: str) -> None:
    """Say from My day that the meeting happened, and who came."""
    page.goto("/my-day")
    go(page, page.get_by_role("link", name=re.compile(f"Did it take place.*{opened}")))
    steps.say(page, "Yes, but not everyone came, or someone else did")
    steps.everybody(page)


def agree(page: Page) -> None:
    """Record an agreement with two terms."""
    go(page, page.get_by_role("link", name="Record the agreement").first)
    for number, words in enumerate(("Repaint the locker together", "Write a note of thanks")):
        page.get_by_label("What was agreed").nth(number).fill(words)
        page.get_by_label("Due by").nth(number).fill("2026-10-09")
    go(page, page.get_by_role("button", name="Save the agreement"))
    expect(page.locator("main")).to_contain_text("Repaint the locker together")


def keep_the_terms(page: Page, case: str) -> None:
    """Mark both terms kept, and complete the circle and the conversations."""
    page.goto(case)
    go(page, page.get_by_role("link", name="Peace circle", exact=True))
    page.wait_for_url(re.compile("/pathways/"))
    circle = page.url
    for _term in range(2):
        page.goto(circle)
        go(page, page.get_by_role("link", name=re.compile("^Update ")).first)
        page.get_by_role("radio", name="Done", exact=True).check()
        go(page, page.get_by_role("main").get_by_role("button").last)
        expect(page.locator("main")).to_contain_text("Done")
    page.goto(circle)
    go(page, page.get_by_role("link", name="Complete it", exact=True).first)
    page.get_by_role("radio").first.check()
    page.get_by_label("The keeper met with each person separately instead").check()
    go(page, page.get_by_role("main").get_by_role("button").last)
    page.wait_for_url(re.compile(r"/cases/\d+(/pathways/\d+)?$"))
    page.goto(case)
    while page.get_by_role("link", name="Log the conversation").count():
        go(page, page.get_by_role("link", name="Log the conversation").first)
        page.get_by_role("radio").nth(1).check()
        go(page, page.get_by_role("main").get_by_role("button").last)
        page.goto(case)


def close_the_case(page: Page, case: str) -> None:
    """Answer the three questions; check-ins stay with who does them, what else is planned is cancelled."""
    page.goto(case)
    tap(page.get_by_text("Work on this case"))
    go(page, page.get_by_role("link", name="Close the case"))
    page.get_by_role("group", name=re.compile("agreement kept")).get_by_label("Yes", exact=False).first.check()
    page.locator("[name=harmed_says][value=repaired]").check()
    page.get_by_label("What still needs attention?", exact=False).fill("Nothing is left.")
    page.locator("[name=result][value=repaired]").check()
    for box in page.locator("[name=stay]").all():
        box.check(force=True)
    page.locator("[name=despite], [name=cancel_reason]").first.fill("The harm is repaired.")
    if page.locator("[name=cancel_reason]").count():
        page.locator("[name=cancel_reason]").fill("The harm is repaired.")
    go(page, page.get_by_role("main").get_by_role("button").last)
    expect(page.locator("main")).to_contain_text("Case closed: Repaired")


def test_from_tap_to_outcome(live_system: LiveSystem, smtp_server: MailServer, new_visitor: NewVisitor) -> None:
    days = Days(live_system, new_visitor)
    live_system.settings["WSS_DEMO_PASSWORD"] = DEMO_PASSWORD
    days.move("2026-10-06 10:40")
    loaded = live_system.flask("demo", "load", *DISTRICT)
    assert loaded.returncode == 0, loaded.stderr
    days.move("2026-10-07 10:40")
    dean = days.person("dean", PHONE)
    names, reference = log_a_fight(dean)
    opened = accept(dean, reference, names)
    coordinator = days.person("coordinator", DESK)
    case = prepare_a_circle(coordinator, opened)
    days.move("2026-10-08 11:00")
    coordinator = days.person("coordinator", DESK)
    hold_it(coordinator, opened)
    agree(coordinator)

    days.move("2026-10-09 07:00")
    live_system.start_scheduler()
    to_coordinator = [m for m in smtp_server.wait_for(1, 60) if "coordinator@demo.example" in m.recipients]
    assert to_coordinator
    for mail in smtp_server.mails:
        for part in " ".join(names).split():
            assert part not in mail.everything
    coordinator = days.person("coordinator", DESK)
    coordinator.goto("/my-day")
    main = coordinator.get_by_role("main")
    mine = coordinator.locator(".work-row a[href^='/follow-ups/']")
    for address in [link.get_attribute("href") for link in mine.all()]:
        coordinator.goto(str(address))
        if main.get_by_role("radio").count():
            break
    main.get_by_role("radio").first.check()
    if main.get_by_label("Phone call").count():
        main.get_by_label("Phone call").check()
    main.get_by_role("textbox").last.fill("Spoken with in the morning.")
    go(coordinator, main.get_by_role("button").first)
    expect(main).to_contain_text("Spoken with in the morning.")
    keep_the_terms(coordinator, case)
    close_the_case(coordinator, case)

    days.move("2026-10-30 10:40")
    administrator = days.person("administrator", DESK)
    administrator.goto("/outcomes/repair")
    go(administrator, administrator.get_by_role("link", name=re.compile("terms? due")))
    go(administrator, administrator.get_by_role("listitem").filter(has_text=opened).get_by_role("link").first)
    expect(administrator.get_by_role("heading", level=1)).to_contain_text(opened)
    expect(administrator.locator("main")).to_contain_text("Repaired")
