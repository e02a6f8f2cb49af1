"""What a coordinator does on the pages of a circle; shared by the stories that run one."""

from __future__ import annotations

import re
from typing import Literal

from playwright.sync_api import Page, expect

from tests.support.pages.browser import go, tap


def save(page: Page, words: str) -> None:
    """Press the page's one button and come back to the circle."""
    go(page, page.get_by_role("main").get_by_role("button", name=words))
    expect(page).to_have_url(re.compile(r"/cases/\d+(/pathways/\d+)?$"))


def name_keeper(page: Page, circle: str, name: str) -> None:
    """Name the circle's first keeper."""
    page.goto(f"{circle}/keepers")
    page.locator("select[name=keeper]").select_option(label=f"{name} · training on record")
    go(page, page.get_by_role("main").get_by_role("button").last)
    expect(page.locator("main")).to_contain_text(name)


def open_gate(page: Page, circle: str, words: str) -> None:
    """Follow the first gate of the circle that says this."""
    page.goto(circle)
    go(page, page.get_by_role("link", name=re.compile(words)).first)


def choose(page: Page, question: str, answer: str, kind: Literal["radio", "checkbox"] = "radio") -> None:
    """Choose one answer of a question."""
    tap(page.get_by_role("group", name=re.compile(question)).get_by_role(kind, name=answer, exact=True))


def visit(page: Page, then: str = "Save", guardian: str = "Signed on paper", who: str = "") -> None:
    """Record on the page of a party all that one visit settles, and save it; `who`: the guardian who answered."""
    choose(page, "When did you talk", "Today")
    choose(page, "How", "In person")
    for done in ("Support offered", "Pre-meeting held", "Letter read together"):
        choose(page, "What was done", done, "checkbox")
    choose(page, "want to take part", "Yes")
    choose(page, "Ready to meet", "Ready")
    if page.get_by_role("group", name="A guardian’s consent").is_visible():
        choose(page, "A guardian’s consent", guardian)
        page.get_by_label("Name of the guardian who answered").fill(who)
    go(page, page.get_by_role("main").get_by_role("button", name=then, exact=True))


def say_again(page: Page, circle: str, gate: str, question: str, words: str) -> None:
    """Open the first gate that says this, change or give one answer of a party's page, and save it."""
    open_gate(page, circle, gate)
    change(page, question, words)


def change(page: Page, question: str, words: str) -> None:
    """Change or give one answer of the open page of a party, and save it."""
    fold = page.get_by_text(re.compile(f"^Change: .*{question}"))
    if fold.count():
        tap(fold)
    choose(page, question, words)
    go(page, page.get_by_role("main").get_by_role("button", name="Save", exact=True))


def prepare(page: Page, circle: str) -> None:
    """Offer support, meet each party alone, ask them, and screen: every gate but a hold."""
    for _party in range(2):
        open_gate(page, circle, "Pre-meeting with .* not done yet")
        visit(page)
    open_gate(page, circle, "Safety screen not done yet")
    choose(page, "Can these people meet safely", "Safe to meet")
    save(page, "Save the meeting")


def plan(page: Page, circle: str, day: str, time: str, room: str) -> None:
    """Plan the meeting, or move it."""
    _place(page, circle, day, time, room)
    save(page, "Save the meeting")
    expect(page.locator("main")).to_contain_text(room)


def plan_past(page: Page, circle: str, day: str, time: str, room: str) -> None:
    """Write down a meeting whose time is over: whether it happened is asked at once."""
    _place(page, circle, day, time, room)
    go(page, page.get_by_role("main").get_by_role("button", name="Save the meeting"))
    expect(page).to_have_url(re.compile(r"/circles/\d+$"))
    expect(page.get_by_role("heading", name="Did the meeting take place?")).to_be_visible()
    expect(page.locator("main")).to_contain_text(room)


def _place(page: Page, circle: str, day: str, time: str, room: str) -> None:
    page.goto(f"{circle}/meeting")
    choose(page, "When", "Another day or time")
    page.get_by_label("Day", exact=True).fill(day)
    page.get_by_label("Time", exact=True).fill(time)
    page.get_by_label("Room").fill(room)


def say(page: Page, answer: str) -> None:
    """Answer whether the meeting happened; the page of the circle or of who came follows."""
    page.get_by_label(answer).check()
    go(page, page.get_by_role("button", name="Next"))


def everybody(page: Page, but: dict[str, str] | None = None) -> None:
    """Say of each person that they came, but for those named: name to words."""
    expect(page.get_by_role("heading", name="Who came?")).to_be_visible()
    for group in page.get_by_role("main").get_by_role("group").filter(has=page.get_by_role("radio")).all():
        said = next((words for name, words in (but or {}).items() if name in group.inner_text()), "Came")
        group.get_by_role("radio", name=said, exact=True).check()
    save(page, "Save the answer")
