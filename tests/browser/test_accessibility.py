"""axe (WCAG 2.2 AA) on every template that links lead to, on a phone and on a desk, for the person who sees most; in
the full cross on every page of each role in each language. And how long each page is, how small its words, how many
filled buttons a screen of it has, whether its tabs wrap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.demo import ROLES, visits_of
from tests.support.depth import full_cross, in_turn
from tests.support.pages.browser import DESK, PHONE, Visitor, axe_problems, bring_axe, overflow_problems
from tests.support.pages.crawl import Visit
from tests.support.pages.looks import look_of
from tests.support.servers.live_system import LiveSystem
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db

pytestmark = pytest.mark.browser
SEES_MOST_FIRST = ("administrator", "dean", "district", "coordinator", "sysadmin", "reporter", "partner", "auditor")

MAY_BE_LONG = {
    r"/outcomes/board$": "a report for paper",
    r"/(audit|disclosures|cases/\d+/access)\b": "logs",
    r"/(settings\b|rules/|texts\b|follow-up-templates|records/schedule|duties/table)": "tables of settings",
    r"/safety-plans/templates": "tables of settings too: every line of every kind of plan",
}
"""Addresses of pages that may be longer than four screens of their device without folding, each with the reason."""


def pages_by_person(visits: dict[str, list[Visit]]) -> dict[str, list[str]]:
    """Return for each person the addresses with a template that no page before them shows, the pages made of most
    templates first; in the full cross with a kind of element too."""
    templates, elements = set[str](), set[tuple[str, str]]()
    wanted: dict[str, list[str]] = {}
    for role in SEES_MOST_FIRST:
        for visit in sorted(visits[role], key=lambda visit: -len(visit.templates)):
            known = templates.issuperset(visit.templates) and (elements >= visit.markup or not full_cross())
            if visit.is_page and not known:
                templates.update(visit.templates)
                elements |= visit.markup
                wanted.setdefault(role, []).append(visit.address)
    assert sorted(SEES_MOST_FIRST) == sorted(ROLES)
    return wanted


def test_every_template_and_kind_of_element(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    """Takes half a minute: each template is laid out by the browser, and axe goes over every element of it."""
    system = LiveSystem(databases.copy(databases.demo("sqlite")), tmp_path, {})
    problems: list[str] = []
    try:
        wanted = pages_by_person(visits_of(databases, "sqlite"))
        system.start_web()
        for role, addresses in wanted.items():
            problems += look_at(browser, system, role, addresses)
    finally:
        system.stop()
        databases.drop(system.database)
    assert sum(map(len, wanted.values())) > 80
    assert not problems, "\n".join(dict.fromkeys(problems))


def looks_wrong(page: Page, address: str) -> list[str]:
    long = any(re.match(shape, address) for shape in MAY_BE_LONG)
    return look_of(page).problems(may_be_long=long)


@contextmanager
def signed_in(browser: Browser, system: LiveSystem, role: str) -> Iterator[Visitor]:
    """Give the window of somebody of the demo, whose pages begin with axe."""
    context = browser.new_context(base_url=system.url, viewport=DESK, reduced_motion="reduce", service_workers="block")
    bring_axe(context)
    visitor = Visitor(context, context.new_page())
    visitor.enter(f"{role}@demo.example", DEMO_PASSWORD)
    yield visitor
    context.close()


def look_at(browser: Browser, system: LiveSystem, role: str, addresses: list[str]) -> list[str]:
    """Return what is wrong with these pages as this person sees them, at one width and the other in turn: nothing to
    scroll sideways, nothing for a designer to mend, axe, of every eighteenth page with the contrast of its colours; in
    the full cross all of it at both."""
    found = []
    with signed_in(browser, system, role) as visitor:
        for number, address in enumerate(addresses):
            visitor.page.goto(address)
            for size in (size for turn, size in enumerate((DESK, PHONE)) if in_turn(number + turn, 2)):
                visitor.page.set_viewport_size(size)
                problems = overflow_problems(visitor.page) + looks_wrong(visitor.page, address)
                # what stands around it is the same on every page
                within = "main" if number and not full_cross() else None
                problems += axe_problems(visitor.page, within, contrast=in_turn(number, 18))
                found += [f"{role} {address} at {size['width']}: {problem}" for problem in problems]
    return found + [f"{role}: {problem}" for problem in visitor.problems]


@pytest.mark.full_cross_only("tests/browser/test_accessibility.py")
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("role", SEES_MOST_FIRST)
def test_every_page_of_each_role(
    browser: Browser, databases: Databases, tmp_path: Path, role: str, language: str
) -> None:
    """Takes minutes for whoever sees most: 370 pages, of 1,242 of all eight. Colors are left to the test above: they
    depend on no person and on no language."""
    system = LiveSystem(databases.copy(databases.demo("sqlite")), tmp_path, {})
    addresses = [visit.address for visit in visits_of(databases, "sqlite")[role] if visit.is_page]
    try:
        speak(system, tmp_path, role, language)
        system.start_web()
        problems = glance_at(browser, system, role, addresses, language)
    finally:
        system.stop()
        databases.drop(system.database)
    assert addresses and not problems, "\n".join(dict.fromkeys(problems))


def speak(system: LiveSystem, folder: Path, role: str, language: str) -> None:
    """Let somebody of the demo read in a language."""
    with make_app(system.database.url, folder).app_context():
        db.session.execute(
            update(UserAccount).where(UserAccount.email == f"{role}@demo.example").values(locale=language)
        )
        db.session.commit()


def glance_at(browser: Browser, system: LiveSystem, role: str, addresses: list[str], language: str) -> list[str]:
    """Return what is wrong with these pages as this person reads them in this language: axe and nothing to scroll
    sideways, at one width in turn, in the other language at the other."""
    found, sizes = [], (DESK, PHONE) if language == "en" else (PHONE, DESK)
    with signed_in(browser, system, role) as visitor:
        for number, address in enumerate(addresses):
            visitor.page.set_viewport_size(sizes[number % 2])
            visitor.page.goto(address)
            read = visitor.page.locator("html").get_attribute("lang")
            problems = overflow_problems(visitor.page) + axe_problems(visitor.page, contrast=False)
            chosen = "lang" in urlsplit(address).query  # its address says in which language it is
            problems += [] if read == language or chosen else [f"it is in {read}"]
            found += [f"{role} {address} at {sizes[number % 2]['width']}: {problem}" for problem in problems]
    return found + [f"{role}: {problem}" for problem in visitor.problems]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pages_of_the_signed_out(browser: Browser, databases: Databases, tmp_path: Path, width: dict[str, int]) -> None:
    copy = databases.copy(databases.template("sqlite"))
    system = LiveSystem(copy, tmp_path, {})
    try:
        system.start_web()
        context = browser.new_context(base_url=system.url, viewport=width, service_workers="block")
        visitor = Visitor(context, context.new_page())
        for address in ("/sign-in", "/no-such-page", "/invitation/none"):
            visitor.page.goto(address)
            assert axe_problems(visitor.page, contrast=True) + overflow_problems(visitor.page) == [], address
        context.close()
        assert visitor.problems == []
    finally:
        system.stop()
        databases.drop(copy)
