"""More than three days for a student with a disability at day nine: every refusal on the way, and what then starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StudentFactory
from tests.safeguards.discipline.making import Removing
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import MailServer
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.models import PathwayState

PASSWORD = "a quiet harbour at dawn"
SHOTS = os.environ.get("WSS_SHOTS", "")
NOW = datetime(2026, 11, 24, 11, 0, tzinfo=ZoneInfo("America/Chicago"))

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Scene:
    """Who signs in, and what stands before the story."""

    dean: str
    administrator: str
    incident: int
    student: str
    small: str
    harmed: str


@pytest.fixture
def scene(live_system: LiveSystem, tmp_path: Path) -> Scene:
    with make_app(live_system.database.url, tmp_path).app_context():
        made = Removing()
        made.know(has_iep=True)
        made.away_before(9)
        school = made.place.school
        small = StudentFactory(school=school, grade=1)
        IncidentPersonFactory(incident_id=made.incident.id, student_id=small.id, role=PersonRole.CAUSED_HARM, grade=1)
        case = CaseFactory(school_id=school.id, lead_id=made.place.coordinator.id)
        part = CaseParticipantFactory(case_id=case.id, student_id=made.student.id)
        PathwayFactory(
            case_id=case.id, school_id=school.id, participant_id=part.id, state=PathwayState.DECLINED,
            offered_on=date(2026, 10, 5), outcome_note="Walked away.",
        )  # fmt: skip
        for user in (made.place.dean, made.place.administrator):
            fresh(user).password_hash = hash_password(PASSWORD)
        db.session.commit()
        return Scene(
            made.place.dean.email, made.place.administrator.email, made.incident.id, made.student.shown_name,
            small.shown_name, made.harmed.given_name,
        )  # fmt: skip


def look(page: Page, name: str) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert not axe_problems(page), name
    assert not overflow_problems(page), name


def begin(page: Page, scene: Scene, student: str, days: str) -> None:
    """Choose the student, and fill in what a removal always needs."""
    page.goto(f"/incidents/{scene.incident}/discipline")
    go(page, page.locator("main").get_by_role("link", name=student))
    page.locator("[name=kind]").select_option("out_of_school_suspension")
    page.locator("[name=days]").fill(days)
    page.locator("[name=reason]").fill("Held a knife toward a student.")
    page.locator("[name=disability][value=yes]").check()
    page.locator("[name=suspected][value=no]").check()
    page.locator("[name=facts_verified]").check()
    page.locator("[name=student_said]").fill("Nothing.")
    page.locator("[name=length_reason]").fill("The time to plan the return.")


def refused(page: Page, words: str, kept: str = "Held a knife toward a student.") -> None:
    """Send the form: it says why not, and every answer is still there."""
    go(page, page.locator("main form [type=submit]").last)
    expect(page.locator("main .error-summary, main [role=alert]").first).to_contain_text(words)
    expect(page.locator("[name=reason]")).to_have_value(kept)


def as_dean(page: Page, scene: Scene, size: str) -> None:
    """A dean sees the nine days, and is refused what is not theirs, or nobody's."""
    begin(page, scene, scene.small, "2")
    refused(page, "pre-K to grade 2")
    begin(page, scene, scene.student, "5")
    expect(page.locator("main")).to_contain_text("9 school days")
    expect(page.locator("main")).to_contain_text("IEP")
    look(page, f"discipline-form-{size}")
    refused(page, "decided by the school’s administrator")
    look(page, f"discipline-refused-{size}")


def as_administrator(page: Page, scene: Scene) -> None:
    """The administrator is refused for each thing that is missing, until nothing is."""
    begin(page, scene, scene.student, "5")
    page.locator("[name=reason]").fill(f"Held a knife toward {scene.harmed}.")
    refused(page, "without another child’s name", f"Held a knife toward {scene.harmed}.")
    page.locator("[name=reason]").fill("Held a knife toward a student.")
    # the record has a circle that adults offered: nothing is asked about it
    expect(page.locator("[name=answer_circle]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Offered on Mon, Oct 5, 2026")
    for what in ("conversation", "mentoring", "referral", "check_in"):
        refused(page, "No offer is on record")
        expect(page.locator(".invalid [name^=answer_]")).to_have_attribute("name", f"answer_{what}")
        page.locator(f"[name=answer_{what}]").fill("Offered by phone in October.")
    for name, words in (("disruption", "The knife, and what was said."), ("support_services", "School work.")):
        refused(page, "needs this in writing")
        page.locator(f"[name={name}]").fill(words)
    page.locator("[name=disability][value=no]").check()
    refused(page, "The roster shows that this student has an IEP")
    page.locator("[name=disability][value=yes]").check()
    refused(page, "school day 14 away in 2026-27")
    page.locator("[name=acknowledged]").check()
    go(page, page.locator("main form [type=submit]").last)


def what_starts(page: Page, system: LiveSystem, mails: MailServer, size: str) -> None:
    """The alarm, the packet without a word of what the student answered, the clock, the notice, the mail."""
    expect(page.locator("main")).to_contain_text("Day 10 is reached or passed")
    text = page.locator("main").inner_text()
    assert "Mon, Oct 5, 2026" in text and "eclined" not in text and "Walked away" not in text
    look(page, f"discipline-action-{size}")
    go(page, page.get_by_role("link", name="Print the notice"))
    go(page, page.get_by_role("link", name="Spanish"))
    expect(page.locator("main")).to_contain_text("Si no está de acuerdo")
    look(page, f"discipline-notice-{size}")
    page.goto("/follow-ups")
    expect(page.locator("main")).to_contain_text("Manifestation review")
    system.flask("reminders", "deliver")
    subjects = [mail.subject for mail in mails.mails]
    assert subjects.count("A student with a disability reached the tenth day away") == 2


@pytest.mark.full_cross_only("tests/safeguards/discipline/test_recording.py")
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_more_than_three_days_at_day_nine(
    size: str, live_system: LiveSystem, scene: Scene, new_visitor: NewVisitor, smtp_server: MailServer
) -> None:
    live_system.set_clock(NOW)
    viewport = PHONE if size == "phone" else DESK
    pages = []
    for email in (scene.dean, scene.administrator):
        visitor = new_visitor(viewport=viewport)
        visitor.page.clock.set_fixed_time(NOW)
        visitor.enter(email, PASSWORD)
        pages.append(visitor.page)
    as_dean(pages[0], scene, size)
    as_administrator(pages[1], scene)
    what_starts(pages[1], live_system, smtp_server, size)
