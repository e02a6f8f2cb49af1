"""A family asks for the record: looked through on a phone, released at a desk, printed in Spanish."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db

PASSWORD = "a quiet harbour at dawn"
MORNING = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHOTS = os.environ.get("WSS_SHOTS", "")
SAID = "Bill O’Brien ran after Marisol Tenorio. W.O. said sorry; Grace of the bell tower was calm."

pytestmark = pytest.mark.browser


def look(page: Page, name: str) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


@pytest.mark.full_cross_only("tests/records/family_copies/test_copy.py")
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_copy_for_the_family(live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, backend: str) -> None:
    live_system.set_clock(MORNING)
    with make_app(live_system.database.url, tmp_path).app_context():
        school = SchoolFactory()
        student = StudentFactory(school=school, given_name="Marisol", family_name="Tenorio")
        other = StudentFactory(school=school, given_name="William", family_name="O'Brien")
        StudentFactory(school=school, given_name="Grace", family_name="Hollis")
        StudentGuardianFactory(student=student, guardian=GuardianFactory(name="Rosa Tenorio"))
        people = make_user(Role.COORDINATOR, school), make_user(Role.ADMINISTRATOR, school)
        for person in people:
            person.password_hash = hash_password(PASSWORD)
        make_incident(school, [student, other], narrative=SAID)
        db.session.commit()
        (preparing, releasing), student_id = [person.email for person in people], student.id
    visitor = new_visitor(viewport=PHONE)
    page = visitor.page
    visitor.enter(preparing, PASSWORD)
    page.goto(f"/students/{student_id}")
    go(page, page.get_by_role("link", name="Copies for the family"))
    go(page, page.get_by_role("link", name="Prepare a copy for the family"))
    page.get_by_label("Rosa Tenorio").check()
    page.get_by_label("Language of the copy").select_option(label="Español")
    page.get_by_label("Fight").check()
    go(page, page.get_by_role("button", name="Make the draft"))
    expect(page.locator("main")).to_contain_text("Check the student’s file for a court order first.")
    look(page, "family-error")
    page.get_by_label("I checked the student’s file").check()
    go(page, page.get_by_role("button", name="Make the draft"))
    expect(page.locator("main")).to_contain_text("3 places may name another child")
    go(page, page.get_by_role("button", name="Send it to the administrator"))
    expect(page.locator("main")).to_contain_text("Decide about each place first: “Bill O’Brien”")
    look(page, "family-undecided")
    place = page.get_by_role("group", name="“Grace”")
    place.get_by_label("Keep it, because").check()
    place.get_by_label("Why “Grace” stays").select_option(label="It is a place or a thing")
    page.get_by_label("Other words to remove").fill("bell tower")
    go(page, page.get_by_role("button", name="Remove everything undecided"))
    expect(page.locator("main")).to_contain_text("You have decided every place that may name another child.")
    look(page, "family-decided")
    go(page, page.get_by_role("button", name="Send it to the administrator"))
    draft = page.url
    desk = new_visitor(viewport=DESK)
    page = desk.page
    desk.enter(releasing, PASSWORD)
    page.goto(draft)
    go(page, page.get_by_role("link", name="Read and release it"))
    expect(page.locator("main")).to_contain_text("Grace")
    page.get_by_label("Given in person").check()
    page.get_by_label("How the school knows the person who takes it").fill("Known to the office")
    look(page, "family-release")
    go(page, page.get_by_role("button", name="Release it"))
    expect(page.locator("main")).to_contain_text("it never changes")
    look(page, "family-copy")
    go(page, page.get_by_role("link", name="Print"))
    sheet = page.locator("main").inner_text()
    assert "otro estudiante ran after Marisol Tenorio. otro estudiante said sorry; Grace of the" in sheet
    assert "Copia del expediente escolar de Marisol Tenorio" in sheet
    assert not any(word in page.content() for word in ("Brien", "W.O", "William", "bell tower"))
    look(page, "family-sheet-es")
    assert not visitor.problems and not desk.problems
