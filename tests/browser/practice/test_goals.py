"""The goals that are seen on one page: the cards of a fight, the questions of its details, a dean's first look."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.practice.rows import CARDS, DETAILS, FIRST, Note
from tests.browser.stories.steps.people import look, ready, sign_in
from tests.browser.stories.steps.routing import accept
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place, set_facts
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState, PersonRole

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
BOTH = PersonRole.BOTH
MOST_CARDS, MOST_QUESTIONS, OVERDUE = 6, 6, 16
QUESTIONS = """() => [...document.querySelectorAll("#details .field")]
  .filter((field) => field.offsetParent && !field.closest("details:not([open])"))
  .map((field) => (field.querySelector("legend, label")).innerText.trim())"""
"""The words of each question that stands open."""
ABOVE = """() => {
  const top = (element) => element.getBoundingClientRect().top;
  const strip = document.getElementById("first");
  const rows = [...document.querySelectorAll("main .work-row")].filter((row) => !strip.contains(row));
  return rows.filter((row) => top(row) < top(strip)).length;
}"""
"""How many rows stand above the strip."""


@pytest.mark.full_cross_only("tests/intake/decision/test_one_act.py")
@SIZES
def test_the_cards_of_a_fight(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, size: dict[str, int]
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        report = set_facts(place.report(*[(one, BOTH) for one in place.students[:2]]), mutual=True, injury="minor").id
        emails = ready(map(fresh, (place.dean, place.coordinator)))
    dean, coordinator = (sign_in(new_visitor, email, NOW, size) for email in emails)
    circle = accept(dean, report, "Peer conference")
    coordinator.goto(f"{circle.partition('/pathways/')[0]}?tab=follow-ups")
    cards = coordinator.locator(".person")
    expect(cards.first).to_be_visible()
    look(coordinator)
    named = coordinator.locator(".person-head").count()
    note(CARDS, f"{cards.count()} cards, {named} naming a person")
    assert 0 < named == cards.count() <= MOST_CARDS


@pytest.mark.full_cross_only("tests/intake/details/test_questions.py")
@SIZES
def test_the_details_of_a_first_grade_fight(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, size: dict[str, int]
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        children = [StudentFactory(school=place.school, grade=1) for _child in range(2)]
        report = make_incident(place.school, children, reporter_id=place.dean.id).id
        [email] = ready([place.dean])
    page = sign_in(new_visitor, email, NOW, size)
    page.goto(f"/incidents/{report}/details")
    look(page)
    asked = page.evaluate(QUESTIONS)
    height = page.evaluate("document.documentElement.scrollHeight")
    note(DETAILS, f"{len(set(asked))} questions in {len(asked)} fields, {height:,} px at {size['width']}")
    assert 3 <= len(set(asked)) <= MOST_QUESTIONS, asked


@pytest.mark.full_cross_only("tests/workday/my_day/test_needs_you.py")
@SIZES
def test_a_deans_first_look(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, size: dict[str, int]
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        place = Place()
        values = {"danger_now": True, "state": IncidentState.SUBMITTED, "submitted_at": NOW - timedelta(minutes=4)}
        danger = make_incident(place.school, place.students[:1], reporter_id=place.reporter.id, tile="threat", **values)
        for number in range(OVERDUE):
            FollowUpFactory(
                school_id=place.school.id, incident_id=danger.id, owner_id=place.dean.id, kind="other",
                title=f"Late {number}", due_on=date(2026, 11, 20),
            )  # fmt: skip
        [email] = ready([place.dean])
        db.session.remove()
    page = sign_in(new_visitor, email, NOW, size)
    page.goto("/my-day")
    look(page)
    note(FIRST, f"{_above(page)} rows above the strip, 911 {_seen(page)}")
    assert _above(page) == 0 and _seen(page) == "in sight"


def _above(page: Page) -> int:
    return int(page.evaluate(ABOVE))


def _seen(page: Page) -> str:
    box = page.locator('#first a[href="tel:911"]').first.bounding_box()
    size = page.viewport_size
    assert box is not None and size is not None
    return "in sight" if box["y"] + box["height"] <= size["height"] else "below the fold"
