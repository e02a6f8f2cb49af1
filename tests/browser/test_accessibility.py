"""axe (WCAG 2.2 AA) on every template that links lead to, on a phone and on a desk, for the person who sees most."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.demo import ROLES, client_of
from tests.support.pages.browser import DESK, PHONE, Visitor, axe_problems, overflow_problems
from tests.support.pages.crawl import Visit, walk
from tests.support.servers.live_system import LiveSystem

pytestmark = pytest.mark.browser
SEES_MOST_FIRST = ("administrator", "dean", "district", "coordinator", "sysadmin", "reporter", "partner", "auditor")


def pages_by_person(system: LiveSystem, folder: Path) -> dict[str, list[str]]:
    """Return for each person the addresses with a template or a kind of element that no page before them shows."""
    app = make_app(system.database.url, folder)
    templates, elements = set[str](), set[tuple[str, str]]()
    wanted: dict[str, list[str]] = {}
    for role in SEES_MOST_FIRST:
        for visit in filter(_is_page, walk(app, client_of(app, role))):
            if not (templates.issuperset(visit.templates) and elements >= visit.markup):
                templates.update(visit.templates)
                elements |= visit.markup
                wanted.setdefault(role, []).append(visit.address)
    assert sorted(SEES_MOST_FIRST) == sorted(ROLES)
    return wanted


def _is_page(visit: Visit) -> bool:
    return visit.response.status_code == 200 and visit.response.mimetype == "text/html"


def test_every_template_and_kind_of_element(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    copy = databases.copy(databases.demo("sqlite"))
    system = LiveSystem(copy, tmp_path, {})
    problems: list[str] = []
    try:
        wanted = pages_by_person(system, tmp_path)
        system.start_web()
        for role, addresses in wanted.items():
            problems += look_at(browser, system, role, addresses)
    finally:
        system.stop()
        databases.drop(copy)
    assert not problems, "\n".join(dict.fromkeys(problems))


def look_at(browser: Browser, system: LiveSystem, role: str, addresses: list[str]) -> list[str]:
    """Return what is wrong with these pages as this person sees them, at both widths."""
    context = browser.new_context(base_url=system.url, viewport=DESK, reduced_motion="reduce")
    visitor = Visitor(context, context.new_page())
    visitor.sign_in(f"{role}@demo.example", DEMO_PASSWORD)
    found = []
    for address in addresses:
        visitor.page.goto(address)
        for size in (DESK, PHONE):
            visitor.page.set_viewport_size(size)
            for problem in axe_problems(visitor.page) + overflow_problems(visitor.page):
                found.append(f"{role} {address} at {size['width']}: {problem}")
    context.close()
    return found + [f"{role}: {problem}" for problem in visitor.problems]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pages_of_the_signed_out(browser: Browser, databases: Databases, tmp_path: Path, width: dict[str, int]) -> None:
    copy = databases.copy(databases.template("sqlite"))
    system = LiveSystem(copy, tmp_path, {})
    try:
        system.start_web()
        context = browser.new_context(base_url=system.url, viewport=width)
        visitor = Visitor(context, context.new_page())
        for address in ("/sign-in", "/no-such-page", "/invitation/none"):
            visitor.page.goto(address)
            assert axe_problems(visitor.page) + overflow_problems(visitor.page) == [], address
        context.close()
        assert visitor.problems == []
    finally:
        system.stop()
        databases.drop(copy)
