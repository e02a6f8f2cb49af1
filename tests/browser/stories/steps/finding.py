"""The search from anywhere, as a person uses it: the key `/` at a desk, *Find* at the bottom of a phone."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.stories.steps.words import words_of
from tests.support.pages.browser import PHONE, go


def find(page: Page, typed: str, name: str) -> None:
    """Type into the search field and open the first hit of this name."""
    if page.viewport_size == PHONE:
        go(page, page.get_by_role("link", name=words_of(page)("Find"), exact=True).locator("visible=true").first)
    else:
        page.keyboard.press("/")
    # letters typed before a field has the focus go nowhere
    page.wait_for_function("document.activeElement instanceof HTMLInputElement")
    page.keyboard.type(typed)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    go(page, page.get_by_role("main").get_by_role("link", name=name, exact=True).first)
