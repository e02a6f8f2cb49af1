"""Retaliation told at a check-in on a phone, and answered the same day at a desk; in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.stories.steps.people import languages, look, ready, sign_in
from tests.cases.making import make_user, make_world
from tests.factories.followups import FollowUpFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.cases.case.queries import incidents_of
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db

MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SAID = "They waited by the bus and pushed again."

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", languages(1))
def test_retaliation_is_told_at_a_check_in_and_answered_the_same_day(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str
) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        world = make_world()
        teacher = make_user(world.school, Role.DEAN)
        lead, asks = ready((world.coordinator, teacher), language)
        case = world.case.id
        harmed, caused = (str(world.people[place].id) for place in (1, 0))
        check_in = FollowUpFactory(
            school_id=world.school.id, case_id=case, owner_id=teacher.id, kind="check_in_person_harmed",
            incident_person_id=world.incident.people[1].id,
        ).id  # fmt: skip
    page = sign_in(new_visitor, asks, MORNING)
    page.goto(f"/follow-ups/{check_in}")
    go(page, page.locator(f'main a[href$="/follow-ups/{check_in}/happened-again"]'))
    for name, value in (("danger", "no"), ("what", "threat"), ("where", "bus"), ("ground", "agreed")):
        page.locator(f'input[name="{name}"][value="{value}"]').check(force=True)
    page.locator(f'input[name="harmed"][value="{harmed}"]').check(force=True)
    page.locator(f'input[name="caused"][value="{caused}"]').check(force=True)
    page.locator('textarea[name="passed_on"]').fill(SAID)
    assert page.evaluate("!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"), (
        "asks before it is lost"
    )
    look(page)
    go(page, page.locator('main form button[type="submit"]'))  # how it was heard is not said yet
    expect(page.locator('textarea[name="passed_on"]')).to_have_value(SAID)
    page.locator('input[name="manner"][value="in_person"]').check(force=True)
    go(page, page.locator('main form button[type="submit"]'))
    expect(page).to_have_url(f"{live_system.url}/cases/{case}")
    _answered(live_system, new_visitor, lead, case, tmp_path)


def _answered(live_system: LiveSystem, new_visitor: NewVisitor, lead: str, case: int, folder: Path) -> None:
    """The coordinator finds the plan to be written on My day, and writes it."""
    page = sign_in(new_visitor, lead, MORNING, DESK)
    page.goto("/my-day")
    with make_app(live_system.database.url, folder).app_context():
        of_case = select(FollowUp.id).where(FollowUp.case_id == case, FollowUp.kind == "safety_plan")
        to_write = db.session.scalar(of_case)
        assert len(incidents_of(case)) == 2
    assert page.locator(f'main a[href="/follow-ups/{to_write}"]').count()
    page.goto(f"/follow-ups/{to_write}/safety-plan")
    page.locator('textarea[name="steps"]').fill("Ms. Rivera walks along to the bus.")
    page.locator('textarea[name="adults_told"]').fill("Ms. Rivera, homeroom")
    go(page, page.locator('main form button[type="submit"]'))
    go(page, page.locator('main a[href$="/agree"]'))
    page.locator('input[name="with_person"]').check(force=True)
    page.locator('input[name="guardian"][value="told"]').check(force=True)
    go(page, page.locator('main form button[type="submit"]'))
    with make_app(live_system.database.url, folder).app_context():
        assert db.session.get_one(FollowUp, to_write).state is FollowUpState.DONE
