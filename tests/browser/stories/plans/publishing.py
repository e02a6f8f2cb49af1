"""How a plan becomes public, is read without an account, and goes on in the next school year."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.stories.plans.writing import FEWER, STEP, follow, press, tab, write
from tests.browser.stories.steps.people import look
from tests.browser.stories.steps.words import words_in, words_of
from tests.support.pages.browser import go, tap

IN_SHORT = {"en": "Three goals for a kinder year.", "es": "Tres metas para un año más amable."}


def turned_on(page: Page) -> None:
    """Let the district allow public pages."""
    page.goto("/settings")
    follow(page, "Public pages of safety plans")
    page.locator("[name=value]").select_option("on")
    press(page, "Save the setting")
    expect(page.locator("main")).to_contain_text(words_of(page)("The setting is saved."))
    look(page)


def published(page: Page, plan: str) -> list[str]:
    """Publish the plan; returns the addresses, one for each language."""
    page.goto(plan)
    words = words_of(page)
    tab(page, "Public page")
    follow(page, "Publish the plan")
    write(page, summary_en=IN_SHORT["en"], summary_es=IN_SHORT["es"])
    press(page, "Publish")
    expect(page.locator("main")).to_contain_text(words("Read the page, and confirm that it names no student."))
    look(page)
    tap(page.locator("[name=names_no_child]"))
    press(page, "Publish")
    expect(page.locator("main")).to_contain_text(words("Anyone can read it, without an account:"))
    return [link.inner_text() for link in page.locator("main .panel ul a").all()]


def read_by_anyone(page: Page, addresses: list[str], language: str) -> None:
    """Read the page in one language and the other, without an account and without a cookie."""
    for address in sorted(addresses, key=lambda address: f"/{language}/" not in address):
        page.goto(address)
        read = page.locator("html").get_attribute("lang") or ""
        expect(page.locator("main")).to_contain_text(IN_SHORT[read])
        expect(page.locator("main")).to_contain_text(FEWER)
        expect(page.locator("main")).to_contain_text(words_in(read)("No figure is shown yet."))
        expect(page.locator("main")).not_to_contain_text(STEP)
        look(page)
        go(page, page.get_by_role("link", name=words_in(read)("All schools")))
        expect(page.locator("main li")).to_have_count(1)
        look(page)
    assert len(addresses) == 2
    assert page.context.cookies() == []


def copied(page: Page, plan: str) -> None:
    """Copy the plan forward: goals, strategies and steps go on, and the baseline is to be frozen anew."""
    page.goto(plan)
    words = words_of(page)
    follow(page, "Copy forward to a new plan")
    press(page, "Copy forward")
    assert page.url != plan
    expect(page.locator(".page-head")).to_contain_text(words("Draft"))
    expect(page.locator("h1")).to_contain_text("2027-28")
    expect(page.locator("main")).to_contain_text(FEWER)
    expect(page.locator("main")).to_contain_text(words("not frozen yet"))
    look(page)
    tab(page, "Steps")
    expect(page.locator("main")).to_contain_text(STEP)
    expect(page.locator("main")).to_contain_text(words("Not in force yet"))
