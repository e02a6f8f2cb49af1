"""A teacher's circle logged in at most six taps, and a student's request answered by a coordinator with a circle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests.browser.practice.rows import LOG, Note
from tests.browser.stories.steps.people import languages, look, ready, sign_in
from tests.browser.stories.steps.words import Words, words_in
from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.practice.log import PracticeEntry, PracticeKind
from wss_cases.practice.requests.models import Became, CircleRequest, link_of
from wss_cases.practice.requests.pages import make_link

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
MOST_TAPS = 6
ASKED = "We argued about a game"

pytestmark = pytest.mark.browser


def one_school(language: str) -> tuple[list[str], str]:
    """A teacher and a coordinator; returns their addresses, and that of the school's link for requests."""
    school = SchoolFactory()
    teacher, coordinator = make_user(Role.REPORTER, school), make_user(Role.COORDINATOR, school)
    emails = ready((teacher, coordinator), language)
    make_link(Invocation(acting(coordinator), NOON), school.id)
    found = link_of(school.id)
    assert found is not None
    return emails, f"/ask/{found.code}"


def logged(page: Page, words: Words) -> int:
    """Log a circle of a class, from My day; returns the taps."""
    page.goto("/my-day")
    taps = []

    def one(what: Locator) -> Locator:
        taps.append(what)
        return what

    go(page, one(page.get_by_role("link", name=words("Log a circle"))))
    tap(one(page.get_by_role("radio", name=words("Grade %(number)s", number=9), exact=True)))
    tap(one(page.get_by_role("button", name=f"20: {words('Students')}")))
    tap(one(page.get_by_role("button", name=f"{words('One more')}: {words('Students')}")))
    tap(one(page.get_by_role("radio", name=words("Start of the day or week"))))
    look(page)
    go(page, one(page.get_by_role("button", name=words("Save"), exact=True)))
    expect(page.locator("main")).to_contain_text("21")
    return len(taps)


def asked(page: Page, link: str, words: Words) -> None:
    """Ask for a circle by the link on the wall, without an account."""
    page.goto(link)
    if words.is_spanish:
        go(page, page.get_by_role("button", name="Español"))
    look(page)
    tap(page.get_by_role("radio", name=words("To talk with someone I had trouble with")))
    tap(page.get_by_role("radio", name=words("A student"), exact=True))
    page.get_by_label(words("A few words")).fill(ASKED)
    go(page, page.get_by_role("button", name=words("Send"), exact=True))
    expect(page.locator("main")).to_contain_text("988")
    look(page)


def answered(page: Page, words: Words) -> None:
    """Read the request from My day, and log the circle that it became."""
    page.goto("/my-day")
    go(page, page.get_by_role("main").locator('a[href="/circle-requests"]').first)
    look(page)
    go(page, page.get_by_role("link", name=words("To talk with someone I had trouble with")))
    expect(page.locator("main")).to_contain_text(ASKED)
    look(page)
    go(page, page.get_by_role("link", name=words("A circle was held: log it")))
    tap(page.get_by_role("radio", name=words("Grade %(number)s", number=9), exact=True))
    page.get_by_label(words("Students"), exact=True).fill("2")
    look(page)
    go(page, page.get_by_role("main").get_by_role("button").last)
    expect(page.locator("main")).not_to_contain_text(ASKED)


@pytest.mark.full_cross_only("tests/practice/test_log.py and tests/practice/test_requests.py")
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages())
def test_a_circle_is_logged_and_a_request_answered(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, language: str, size: dict[str, int]
) -> None:
    live_system.set_clock(NOON)
    words, app = words_in(language), make_app(live_system.database.url, tmp_path)
    with app.app_context():
        (teacher, coordinator), link = one_school(language)
    taps = logged(sign_in(new_visitor, teacher, NOON, size), words)
    note(LOG, f"{taps} taps, nothing typed")
    assert taps <= MOST_TAPS
    asked(new_visitor(viewport=size).page, link, words)
    answered(sign_in(new_visitor, coordinator, NOON, size), words)
    with app.app_context():
        request = db.session.scalars(select(CircleRequest)).one()
        kinds = db.session.scalars(select(PracticeEntry.kind).order_by(PracticeEntry.id)).all()
        assert (request.became, request.words) == (Became.CIRCLE, "")
        assert kinds == [PracticeKind.COMMUNITY, PracticeKind.CHAT]
