"""What preparing a circle costs, counted: a visit of a party is one form, two students and the day are three."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.stories.steps import circle as steps
from tests.cases.making import actor_for, make_user, make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import circle_now, make_circle, train
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.pages.counting import Cost, Counter
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.training.actions import save_setting
from wss_cases.pathways.common.queries import load_pathway

pytestmark = pytest.mark.browser

MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
ASKED = ("contact_person_harmed", "guardian_contact_harmed", "pre_meetings")
PARTY = 8
"""Answers of one party: when, how, three things done, the party's answer, the guardian's, ready."""


def look(page: Page) -> None:
    assert not axe_problems(page) and not overflow_problems(page), page.url


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_two_students_are_prepared_and_scheduled_in_three_forms(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, size: dict[str, int]
) -> None:
    live_system.set_clock(MORNING)
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        names = [student.shown_name for student in world.students]
        row = make_circle(world)
        pathway_id, circle = row.id, f"/cases/{row.case_id}/pathways/{row.id}"
        train(world, world.coordinator)
        administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
        save_setting(Invocation(administrator, MORNING), world.school.id, True)
        for kind in ASKED:
            FollowUpFactory(
                school_id=world.school.id, case_id=world.case.id, kind=kind,
                incident_person_id=world.incident.people[1].id,
            )  # fmt: skip
        coordinator = fresh(world.coordinator)
        coordinator.password_hash = PASSWORD_HASH
        db.session.commit()
        email = coordinator.email
    visitor = new_visitor(viewport=size)
    page = visitor.page
    page.clock.set_fixed_time(MORNING)
    visitor.enter(email, PASSWORD)
    page.goto(circle)
    counter = Counter(page)
    go(page, page.get_by_role("link", name=f"Pre-meeting with {names[1]} not done yet"))
    look(page)
    steps.visit(page, then=f"Save, then {names[0]}", guardian="Yes, by phone", who="Elena Reyes")
    one_visit = counter.cost()
    expect(page.get_by_role("heading", name=f"Prepare with {names[0]}")).to_be_visible()
    steps.visit(page, then="Save, then schedule")
    look(page)
    steps.choose(page, "Can these people meet safely", "Safe to meet")
    page.get_by_role("group", name="When").get_by_role("radio").first.check()
    page.get_by_label("Room").fill("Circle room")
    steps.save(page, "Save the meeting")
    whole = counter.cost()
    expect(page.locator("main")).to_contain_text("Circle room")
    sys.stdout.write(f"\none visit of one party: {one_visit}\ntwo students to a scheduled circle: {whole}\n")
    assert (one_visit.forms, one_visit.clicks) == (1, 1 + PARTY + 1)
    assert whole == Cost(loads=4, forms=3, clicks=1 + 2 * PARTY + 2 + 3)
    with app.app_context():
        found = load_pathway(pathway_id)
        assert found is not None and circle_now(found).waiting is not None
        still_open = select(FollowUp.kind).where(FollowUp.kind.in_(ASKED), FollowUp.state == FollowUpState.OPEN)
        assert db.session.scalars(still_open).all() == []
    assert not visitor.problems
