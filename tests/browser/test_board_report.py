"""The board report where its form matters: printed on four sheets at most, and on a phone with no number cut off."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, Page

from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.pages.browser import PHONE, Visitor, go
from tests.support.servers.live_system import LiveSystem

pytestmark = pytest.mark.browser
CUT_OFF = """[...document.querySelectorAll('.scroll:has(table.data-cards)')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.getAttribute('aria-label'))"""

EDGES = """[...new Set([...document.querySelectorAll('table.data-cards td, table.data-cards tbody th')]
    .map(one => one.getBoundingClientRect().x + parseFloat(getComputedStyle(one).paddingInlineStart)))]"""


def sheets(page: Page) -> int:
    return len(pypdf.PdfReader(io.BytesIO(page.pdf(format="Letter"))).pages)


def test_four_sheets_and_a_phone(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    copy = databases.copy(databases.demo("sqlite"))
    system = LiveSystem(copy, tmp_path, {})
    try:
        system.start_web()
        context = browser.new_context(base_url=system.url, viewport=PHONE, service_workers="block")
        visitor = Visitor(context, context.new_page())
        visitor.enter("district@demo.example", DEMO_PASSWORD)
        # Spanish words are longer, and the district's report has a part for schools at zero
        visitor.page.goto("/")
        go(visitor.page, visitor.page.get_by_role("button", name="Español").first)
        visitor.page.goto("/outcomes/board?edition=whole")
        assert visitor.page.locator("html").get_attribute("lang") == "es"
        assert visitor.page.locator("table.data-cards").count() >= 3
        assert visitor.page.evaluate(CUT_OFF) == []
        assert len(visitor.page.evaluate(EDGES)) == 1, "every line of a card begins at its edge"
        assert sheets(visitor.page) <= 4
        context.close()
        assert visitor.problems == []
    finally:
        system.stop()
        databases.drop(copy)
