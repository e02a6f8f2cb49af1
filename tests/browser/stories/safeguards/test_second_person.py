"""On a phone: an emergency that the second review does not confirm, and duties that a second person verifies or that
nobody does in time; in both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.people import languages, look, ready, record, send, sign_in
from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.safeguards.police.test_review import NOW, Scene
from tests.support.applications import make_app
from tests.support.pages.browser import NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Invocation
from wss_cases.safeguards.duties.pages import raise_by_hand

STORIES = [
    (language, story)
    for turn, story in enumerate(("not_confirmed", "seconded", "not_seconded"))
    for language in languages(turn)
]

pytestmark = pytest.mark.browser


@pytest.mark.full_cross_only("tests/safeguards/police/test_second_person.py")
@pytest.mark.parametrize(("language", "story"), STORIES)
def test_a_second_person(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str, story: str
) -> None:
    live_system.set_clock(NOW)
    with make_app(live_system.database.url, tmp_path).app_context():
        scene = Scene()
        emails = ready((fresh(scene.dean), fresh(scene.head)), language)
        report, student = f"/incidents/{scene.incident.id}/police-review", scene.student.id
        given = {"code": "attack_on_staff", "because": "A written complaint.", "aware_at": NOW, "facts": "due"}
        duty = raise_by_hand(Invocation(acting(scene.dean), NOW), scene.incident.id, **given)

    dean, head = (sign_in(new_visitor, email, NOW) for email in emails)
    if story == "not_confirmed":
        emergency(dean, report, student)
        not_confirmed(head)
        return
    dean.goto(f"{report}/required-by-law")
    dean.locator("[name=duty_id]").select_option(str(duty))
    send(dean)
    expect(dean.locator('main a[href$="/notification"]')).to_have_count(0)
    if story == "seconded":
        verified(head)
    else:
        live_system.set_clock(NOW + timedelta(minutes=20))
    dean.reload()
    go(dean, dean.locator('main a[href$="/notification"]').first)
    record(dean, student)
    expect(dean.locator(".notice-warning")).to_have_count(2 if story == "not_seconded" else 0)
    look(dean)


def emergency(page: Page, report: str, student: int) -> None:
    """Call first at a time before the incident, say why, and record it; an x is no danger."""
    page.goto(f"{report}/emergency")
    page.locator("[name=called_at]").fill("2026-11-20T11:00")
    send(page)
    page.locator("[name=time_reason]").fill("The phone had another day.")
    send(page)
    go(page, page.locator('main a[href$="/notification"]').first)
    page.locator("[name=danger]").fill("x")
    record(page, student)
    page.locator("[name=danger]").fill("A student held a knife to another.")
    send(page)
    if page.locator("[name=time_reason]").count():
        page.locator("[name=time_reason]").fill("The phone had another day.")
        send(page)


def verified(page: Page) -> None:
    """Find what waits on My day, and verify the duty."""
    page.goto("/my-day")
    go(page, page.locator('main a[href$="/police-reviews"]').first)
    go(page, page.locator('main a[href*="/police-reviews/"]').first)
    go(page, page.locator('main a[href$="/verify"]').first)
    page.locator('[name=verified][value="yes"]').check(force=True)
    page.locator("[name=reason]").fill("I read the complaint.")
    send(page)


def not_confirmed(page: Page) -> None:
    """Find what waits on My day, do not confirm it, and find it on its line among the outcomes."""
    page.goto("/my-day")
    go(page, page.locator('main a[href$="/police-reviews"]').first)
    go(page, page.locator('main a[href*="/police-reviews/"]').first)
    go(page, page.locator('main a[href$="/second-review"]').first)
    page.locator('[name=confirms][value="no"]').check(force=True)
    page.locator("[name=reason]").fill("It was a pencil.")
    send(page)
    page.goto("/outcomes/removals")
    expect(page.locator('a[href*="choice=emergency_not_confirmed"]').first).to_contain_text("1")
