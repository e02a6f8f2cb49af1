"""A gun threat on phones: reported with danger, found out, told to the police as the law asks, and decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.people import languages, look, ready, record, send, sign_in
from tests.browser.stories.steps.questions import answer_open_questions
from tests.factories.base import fresh
from tests.intake.making import NOW, Place
from tests.support.applications import make_app
from tests.support.pages.browser import NewVisitor, go, large_text_problems, tap
from tests.support.servers.live_system import LiveSystem

VERDICTS = ("No law requires a call to the police", "ninguna ley exige llamar a la policía")
MORE_QUESTIONS = re.compile("^(More questions|Más preguntas)$")
REQUIRED = {"en": "The law requires a notification", "es": "La ley exige"}

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", languages())
def test_a_gun_threat_from_the_phone_to_the_decision(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        emails = ready((place.reporter, place.dean), language)
        students = [(one.id, one.given_name) for one in map(fresh, place.students[:2])]
    reporter, dean = (sign_in(new_visitor, email, NOW) for email in emails)
    report = reported(reporter, students)
    review = report.replace("/incidents/", "/review/")
    dean.goto("/my-day")
    expect(dean.locator(f'main a[href*="{review}"], main a[href*="{report}"]').first).to_be_visible()
    no_verdict(dean, review, call_911=True)
    found_out(dean, report)
    no_verdict(dean, review)
    expect(dean.locator("main")).to_contain_text(REQUIRED[language])
    dean.goto(f"{review}/facts")
    for name, value in (("verified", "yes"), ("danger", "no")):
        dean.locator(f"select[name={name}]").select_option(value)
    send(dean)
    no_verdict(dean, review)
    expect(dean.locator("main")).to_contain_text(REQUIRED[language])
    dean.goto(f"{report}/police-review/required-by-law")
    dean.locator("[name=duty_id]").select_option(index=1)
    dean.locator("[name=source_how]").select_option("adult")
    dean.locator("[name=source_name]").fill("Ms. Test, teacher")
    send(dean)
    go(dean, dean.locator('main a[href$="/notification"]').first)
    record(dean, students[0][0])
    no_verdict(dean, review)
    answer_open_questions(dean)
    no_verdict(dean, review)
    go(dean, dean.locator(f'form[action$="{review}/accept"] button[type="submit"]'))
    no_verdict(dean, review)
    expect(dean.locator('main a[href*="/cases/"]').first).to_be_visible()
    expect(dean.locator(f'form[action$="{review}/accept"]')).to_have_count(0)


def reported(page: Page, students: list[tuple[int, str]]) -> str:
    """Report the threat with danger now: who made it, and who was meant, by one tap beside each name."""
    page.goto("/incidents/new")
    page.locator('input[name="danger"][value="yes"]').check(force=True)
    assert not large_text_problems(page)
    for (student, name), part in zip(students, ("caused", "harmed"), strict=True):
        page.locator("[name=people_q]").fill(name)
        tap(page.get_by_role("option").filter(has_text=name))
        page.locator(f'input[name="{part}"][value="{student}"]').check(force=True)
    for name, value in (("what", "threat"), ("where", "hallway")):
        page.locator(f'input[name="{name}"][value="{value}"]').check(force=True)
    page.locator('textarea[name="narrative"]').fill("He said: tomorrow I bring my gun.")
    send(page)
    go(page, page.locator('button[name="said"][value="word_gun:yes"]'))
    expect(page.locator('main a[href="tel:911"]').first).to_be_visible()
    look(page)
    found = re.search(r"/incidents/\d+", page.url)
    assert found
    return found.group()


def found_out(page: Page, report: str) -> None:
    """Finish the details: words meant to use a gun at school, and perhaps a firearm."""
    page.goto(f"{report}/details")
    page.locator('input[name="gun_violence_threat"][value="yes"]').check(force=True)
    page.locator("select[name=weapon]").select_option("maybe_firearm")
    tap(page.get_by_text(MORE_QUESTIONS))
    page.locator("select[name=injury]").select_option("none")
    send(page)
    send(page)


def no_verdict(page: Page, review: str, *, call_911: bool = False) -> None:
    """Look at the review: whatever is known, it never says that this is no matter for the police."""
    page.goto(review)
    look(page)
    said = page.locator("main").inner_text()
    assert not [words for words in VERDICTS if words in said], said
    assert not call_911 or page.locator('main a[href="tel:911"]').count()
