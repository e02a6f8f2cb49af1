"""What a coordinator does on the pages of a circle, in the language of the page; shared by the stories that run one."""

from __future__ import annotations

import re
from typing import Literal

from playwright.sync_api import Page, expect

from tests.browser.stories.steps.words import words_of
from tests.support.pages.browser import go, tap

SAVE_MEETING = "Save the meeting"
WISH = "Does %(name)s want to take part?"
READY = "Ready to meet?"
GUARDIAN = "A guardian’s consent"


def save(page: Page, message: str) -> None:
    """Press the page's one button and come back to the circle."""
    go(page, page.get_by_role("main").get_by_role("button", name=words_of(page)(message)))
    expect(page).to_have_url(re.compile(r"/cases/\d+(/pathways/\d+)?$"))


def name_keeper(page: Page, circle: str, name: str) -> None:
    """Name the circle's first keeper."""
    page.goto(f"{circle}/keepers")
    trained = words_of(page)("%(name)s · training on record", name=name)
    page.locator("select[name=keeper]").select_option(label=trained)
    go(page, page.get_by_role("main").get_by_role("button").last)
    expect(page.locator("main")).to_contain_text(name)


def open_gate(page: Page, circle: str, message: str, **values: str) -> None:
    """Follow the first gate of the circle that says this; a value that is not given may be anything."""
    page.goto(circle)
    go(page, page.get_by_role("link", name=words_of(page).start(message, **values)).first)


def choose(page: Page, question: str, answer: str, kind: Literal["radio", "checkbox"] = "radio") -> None:
    """Choose one answer of a question."""
    words = words_of(page)
    tap(page.get_by_role("group", name=words.start(question)).get_by_role(kind, name=words(answer), exact=True))


def visit(page: Page, then: str = "", guardian: str = "Signed on paper", who: str = "") -> None:
    """Record on the page of a party all that one visit settles, and press the button with the words `then` (Save);
    `who`: the guardian who answered."""
    words = words_of(page)
    choose(page, "When did you talk with %(name)s?", "Today")
    choose(page, "How?", "In person")
    for done in ("Support offered", "Pre-meeting held", "Letter read together"):
        choose(page, "What was done", done, "checkbox")
    choose(page, WISH, "Yes")
    choose(page, READY, "Ready")
    if page.get_by_role("group", name=words(GUARDIAN)).is_visible():
        choose(page, GUARDIAN, guardian)
        page.get_by_label(words("Name of the guardian who answered")).fill(who)
    go(page, page.get_by_role("main").get_by_role("button", name=then or words("Save"), exact=True))


def say_again(page: Page, circle: str, gate: str, question: str, answer: str, **values: str) -> None:
    """Open the first gate that says this, change or give one answer of a party's page, and save it."""
    open_gate(page, circle, gate, **values)
    change(page, question, answer)


def change(page: Page, question: str, answer: str) -> None:
    """Change or give one answer of the open page of a party, and save it."""
    words = words_of(page)
    about = re.compile(words.start(question).pattern.removeprefix("^"))
    fold = page.locator("summary").filter(has_text=about)
    if fold.count():
        tap(fold)
    choose(page, question, answer)
    go(page, page.get_by_role("main").get_by_role("button", name=words("Save"), exact=True))


def prepare(page: Page, circle: str) -> None:
    """Offer support, meet each party alone, ask them, and screen: every gate but a hold."""
    for _party in range(2):
        open_gate(page, circle, "Pre-meeting with %(name)s not done yet")
        visit(page)
    open_gate(page, circle, "Safety screen not done yet")
    choose(page, "Can these people meet safely?", "Safe to meet")
    save(page, SAVE_MEETING)


def plan(page: Page, circle: str, day: str, time: str, room: str) -> None:
    """Plan the meeting, or move it."""
    _place(page, circle, day, time, room)
    save(page, SAVE_MEETING)
    expect(page.locator("main")).to_contain_text(room)


def plan_past(page: Page, circle: str, day: str, time: str, room: str) -> None:
    """Write down a meeting whose time is over: whether it happened is asked at once."""
    _place(page, circle, day, time, room)
    words = words_of(page)
    go(page, page.get_by_role("main").get_by_role("button", name=words(SAVE_MEETING)))
    expect(page).to_have_url(re.compile(r"/circles/\d+$"))
    expect(page.get_by_role("heading", name=words("Did the meeting take place?"))).to_be_visible()
    expect(page.locator("main")).to_contain_text(room)


def _place(page: Page, circle: str, day: str, time: str, room: str) -> None:
    page.goto(f"{circle}/meeting")
    words = words_of(page)
    choose(page, "When", "Another day or time")
    page.get_by_label(words("Day"), exact=True).fill(day)
    page.get_by_label(words("Time"), exact=True).fill(time)
    page.get_by_label(words("Room")).fill(room)


def say(page: Page, answer: str) -> None:
    """Answer whether the meeting happened; the page of the circle or of who came follows."""
    words = words_of(page)
    page.get_by_label(words(answer)).check()
    go(page, page.get_by_role("button", name=words("Next")))


def everybody(page: Page, but: dict[str, str] | None = None) -> None:
    """Say of each person that they came, but for those named: name to answer."""
    words = words_of(page)
    expect(page.get_by_role("heading", name=words("Who came?"))).to_be_visible()
    for group in page.get_by_role("main").get_by_role("group").filter(has=page.get_by_role("radio")).all():
        said = next((answer for name, answer in (but or {}).items() if name in group.inner_text()), "Came")
        group.get_by_role("radio", name=words(said), exact=True).check()
    save(page, "Save the answer")
