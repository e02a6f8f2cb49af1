"""From a report in review to the pathway that its recommendation opens, as a dean does it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.pages.browser import go


def accept(page: Page, incident_id: int, kind: str) -> str:
    """Read the recommendation, accept it, and return the address of the pathway of this kind in the case."""
    page.goto(f"/review/{incident_id}")
    expect(page.locator("main")).to_contain_text(kind)
    go(page, page.get_by_role("button", name="Accept as recommended"))
    expect(page.locator("main")).to_contain_text("is open")
    go(page, page.locator("main").get_by_role("link", name="Case ").first)
    go(page, page.get_by_role("link", name=kind, exact=True).first)
    page.wait_for_url("**/pathways/**")
    return page.url
