"""A circle is logged on a phone in at most six taps without typing, and one is asked for in Spanish."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.factories.accounts import PASSWORD, PASSWORD_HASH, acting, make_user
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.foundation.db import db
from wss_cases.practice.requests.actions import make_link
from wss_cases.practice.requests.queries import link_of

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)

pytestmark = pytest.mark.browser


@pytest.mark.full_cross_only("tests/practice/test_log.py")
def test_a_circle_is_logged_in_six_taps_and_asked_for_in_spanish(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    live_system.set_clock(NOON)
    with make_app(live_system.database.url, tmp_path).app_context():
        school = SchoolFactory()
        teacher = make_user(Role.REPORTER, school, password_hash=PASSWORD_HASH)
        coordinator = make_user(Role.COORDINATOR, school)
        db.session.commit()
        make_link(Invocation(acting(coordinator), NOON), school.id)
        found = link_of(school.id)
        assert found is not None
        email, link = teacher.email, f"/ask/{found.code}"
    visitor = new_visitor(viewport=PHONE)
    page = visitor.page
    visitor.enter(email, PASSWORD)
    page.goto("/my-day")
    taps = []

    def one(what: Locator) -> Locator:
        taps.append(what)
        return what

    go(page, one(page.get_by_role("link", name="Log a circle")))
    tap(one(page.get_by_role("radio", name="Grade 9", exact=True)))
    tap(one(page.get_by_role("button", name="20: Students")))
    tap(one(page.get_by_role("button", name="One more: Students")))
    tap(one(page.get_by_role("radio", name="Start of the day or week")))
    assert not axe_problems(page) and not overflow_problems(page)
    go(page, one(page.get_by_role("button", name="Save")))
    assert len(taps) <= 6
    expect(page.locator("main")).to_contain_text("21 students")
    page.goto(link)
    go(page, page.get_by_role("button", name="Español"))
    assert not axe_problems(page) and not overflow_problems(page)
    tap(page.get_by_role("radio", name="Un círculo con mi clase o grupo"))
    go(page, page.get_by_role("button", name="Enviar"))
    expect(page.locator("main")).to_contain_text("988")
    assert not visitor.problems
