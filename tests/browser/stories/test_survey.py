"""A student answers the survey by a slip on a phone: 988 on every page, either language, once and no second time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.stories.steps.people import languages, look
from tests.browser.stories.steps.words import words_in
from tests.factories.surveys import begin, school_to_ask, slip_codes
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, go, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.surveys.instrument.states import SurveyGroup

NOON = datetime(2026, 11, 17, 18, tzinfo=UTC)

pytestmark = pytest.mark.browser


@pytest.mark.full_cross_only("tests/surveys/test_answering.py")
@pytest.mark.parametrize("language", languages())
def test_a_student_answers_by_a_slip(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, at: Any, language: str
) -> None:
    at("2026-11-09 10:00")
    words, app = words_in(language), make_app(live_system.database.url, tmp_path)
    with app.app_context():
        asked = school_to_ask(students=2)
        address = f"/survey/{slip_codes(asked, begin(asked, [SurveyGroup.STUDENT]))[0]}"
    live_system.set_clock(NOON)
    page = new_visitor(viewport=PHONE).page
    page.goto(address)
    if words.is_spanish:
        go(page, page.get_by_role("button", name="Español"))
    look(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    go(page, page.get_by_role("button", name=words("Send my answers")))
    expect(page.locator("main")).to_contain_text(words("Answer at least one question."))
    look(page)
    tap(page.locator("[name=q_safe] + label, label:has([name=q_safe])").first)
    go(page, page.get_by_role("button", name=words("Send my answers")))
    expect(page.locator("h1")).to_have_text(words("Thank you"))
    expect(page.locator("main")).to_contain_text("988")
    look(page)
    page.goto(address)
    expect(page.locator("main")).to_contain_text("988")
    expect(page.locator("main form")).to_have_count(0)
    look(page)
