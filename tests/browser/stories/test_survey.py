"""A survey at a school: slips shown once, a student answers by one, once, in either language; then it is ended."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.people import languages, look, ready, sign_in
from tests.browser.stories.steps.words import Words, words_in
from tests.factories.base import fresh
from tests.factories.surveys import begin, school_to_ask
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.surveys.rounds import SurveyGroup

PLANNED, NOON = datetime(2026, 11, 9, 16, tzinfo=UTC), datetime(2026, 11, 17, 18, tzinfo=UTC)
TAP_TWICE = """(button) => {
  const [taps, waits] = [[], []];
  window.setTimeout = (run) => waits.push(run);
  document.addEventListener("submit", (event) => taps.push(!event.defaultPrevented));
  button.click();
  waits.forEach((run) => run());
  button.click();
  return taps;
}"""
"""The second tap comes after everything for which the page would wait."""

pytestmark = pytest.mark.browser


def planned(database: Database, folder: Path, language: str) -> tuple[str, str]:
    """A survey of two students; returns the address of its administrator, and that of its page.

    The clock stands still here alone: what waits for a browser would wait for ever.
    """
    with time_machine.travel(PLANNED, tick=False), make_app(database.url, folder).app_context():
        asked = school_to_ask(students=2)
        [email] = ready([fresh(asked.head)], language)
        page = f"/surveys/{begin(asked, [SurveyGroup.STUDENT])}"
    return email, page


def printed(page: Page, survey: str, words: Words) -> list[str]:
    """Make the slips, see them once, and return their addresses."""
    page.goto(survey)
    go(page, page.get_by_role("link", name=words("Slips to print")))
    look(page)
    go(page, page.get_by_role("button", name=words("Make the slips")))
    look(page)
    with page.expect_navigation():
        sent = page.get_by_role("button", name=words("Show the slips once")).evaluate(TAP_TWICE)
    assert sent == [True, False], "the answer to a second one would take the place of the slips"
    look(page)
    addresses = page.locator(".slip-address").all_inner_texts()
    page.goto(f"{survey}/sheet?group=student")
    expect(page.locator("main")).to_contain_text(words("No slips wait to be printed."))
    look(page)
    return addresses


def answered(page: Page, address: str, words: Words) -> None:
    """Answer by a slip: not without an answer, then once, and no second time."""
    page.goto(address)
    if words.is_spanish:
        go(page, page.get_by_role("button", name="Español"))
    look(page)
    go(page, page.get_by_role("button", name=words("Send my answers")))
    expect(page.locator("main")).to_contain_text(words("Answer at least one question."))
    look(page)
    tap(page.locator("[name=q_safe]").first)
    go(page, page.get_by_role("button", name=words("Send my answers")))
    expect(page.locator("h1")).to_have_text(words("Thank you"))
    expect(page.locator("main")).to_contain_text("988")
    look(page)
    page.goto(address)
    expect(page.locator("main")).to_contain_text("988")
    expect(page.locator("main form")).to_have_count(0)
    look(page)


def ended(page: Page, survey: str, words: Words) -> None:
    """End the survey: of one answer nothing is shown."""
    page.goto(survey)
    go(page, page.get_by_role("link", name=words("End the survey now")))
    look(page)
    go(page, page.get_by_role("button", name=words("End and count it")))
    expect(page.locator("main")).to_contain_text(words("Too few to show"))
    look(page)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages())
def test_slips_are_shown_once_and_a_student_answers_once(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    words = words_in(language)
    email, survey = planned(live_system.database, tmp_path, language)
    live_system.set_clock(NOON)
    office = sign_in(new_visitor, email, NOON, size)
    address = printed(office, survey, words)[0]
    answered(new_visitor(viewport=size).page, address, words)
    ended(office, survey, words)
