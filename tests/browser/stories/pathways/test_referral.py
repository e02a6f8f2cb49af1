"""A referral in a real browser: a coordinator at a desk, a partner on a phone, and a family that changes its mind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stories.steps.routing import accept
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.intake.making import Place, set_facts
from tests.pathways.referrals.making import make_scene
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, Visitor, go
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import MailServer
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Cast:
    """Who plays, by address, and where."""

    dean: str
    incident: int
    coordinator: str
    first: str
    second: str
    student: str
    pathway: str
    partners: tuple[str, str]


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """A report of vaping in review, and two partners with somebody who signs in for each."""
    live_system.set_clock(wall("2026-11-24 11:00"))
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        scene = make_scene(name="Quiet Harbor Services", services=["substance_use"])
        other = make_scene(name="Lantern Street Counseling", services=["substance_use"], capacity=3)
        PartnerFactory(name="Lapsed Help", agreement_until=datetime(2026, 9, 1).date())
        place = Place(scene.world.school, scene.world.students)
        incident = place.report((place.students[0], PersonRole.CAUSED_HARM), code="disruption", tile="substance")
        set_facts(incident, substance="tobacco_vape")
        for user in (place.dean, scene.world.coordinator, scene.user, other.user):
            fresh(user).password_hash = PASSWORD_HASH
        db.session.commit()
        return Cast(
            dean=address(place.dean),
            incident=incident.id,
            coordinator=address(scene.world.coordinator),
            first=address(scene.user),
            second=address(other.user),
            student=scene.world.students[0].shown_name,
            pathway="",
            partners=(scene.partner.name, other.partner.name),
        )


def address(user: UserAccount) -> str:
    return str(fresh(user).email)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


def person(new_visitor: NewVisitor, email: str, size: dict[str, int], now: str = "2026-11-24 11:00") -> Page:
    """Return the signed-in window of a person."""
    visitor: Visitor = new_visitor(viewport=size)
    visitor.page.clock.set_fixed_time(wall(now))
    visitor.enter(email, PASSWORD)
    return visitor.page


def draft(page: Page, cast: Cast, partner: str, button: str) -> None:
    """Draft a referral to a partner from the pathway's page."""
    page.goto(cast.pathway)
    go(page, page.get_by_role("link", name=button).first)
    expect(page.locator("main")).to_contain_text("agreement in force")
    page.get_by_label("What does the student need?").fill("Somebody to talk to after school.")
    page.get_by_role("radio", name=re.compile(partner)).check()
    go(page, page.get_by_role("button", name="Save the draft"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def sign(page: Page) -> None:
    """Record what the family signed, an error on the way."""
    go(page, page.get_by_role("link", name="Record the written consent").first)
    page.get_by_label("Who signed").fill("Rosalind Quillfeather")
    page.get_by_role("radio", name="Parent", exact=True).check()
    go(page, page.get_by_role("button", name="Save the consent"))
    expect(page.get_by_role("alert")).to_contain_text("Choose how it was given.")
    expect(page.get_by_label("Who signed")).to_have_value("Rosalind Quillfeather")
    assert page.locator("[name=fields]:checked").count() == 1
    page.get_by_role("radio", name="Signed on paper").check()
    page.get_by_role("checkbox", name=re.compile("Grade")).check()
    page.get_by_label("Valid until").fill("2027-03-01")
    go(page, page.get_by_role("button", name="Save the consent"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def send(page: Page) -> None:
    """Look at what goes, and send it."""
    go(page, page.get_by_role("link", name="Review what is sent, and send it"))
    expect(page.locator("main")).to_contain_text("and nothing else")
    expect(page.locator("main")).not_to_contain_text("312-555-0142")
    go(page, page.get_by_role("button", name="Send it"))
    expect(page.locator("main")).to_contain_text("What was shared")


def open_referral(page: Page, student: str) -> None:
    """Open the one referral of a partner's list."""
    page.goto("/partner")
    go(page, page.get_by_role("link", name=student))
    expect(page.locator("main")).to_contain_text("What the school sent")


def log_first_service(page: Page) -> None:
    """Accept, and log the first service."""
    go(page, page.get_by_role("button", name="Accept"))
    go(page, page.get_by_role("link", name="Log the first service"))
    go(page, page.get_by_role("button", name="Save the day"))
    expect(page.locator("main")).to_contain_text("First service")


def routed(cast: Cast, new_visitor: NewVisitor, size: dict[str, int]) -> Cast:
    """Accept what routing recommends for the report, and know where its referral stands."""
    return replace(cast, pathway=accept(person(new_visitor, cast.dean, size), cast.incident, "Substance use support"))


@pytest.mark.full_cross_only("tests/pathways/referrals/test_partner_side.py")
@pytest.mark.parametrize("sizes", [(DESK, PHONE), (PHONE, DESK)], ids=["partner-phone", "partner-desk"])
def test_a_partner_helps_and_another_one_loses_sight(
    cast: Cast, smtp_server: MailServer, new_visitor: NewVisitor, live_system: LiveSystem,
    sizes: tuple[dict[str, int], dict[str, int]],
) -> None:  # fmt: skip
    team, theirs = sizes
    cast = routed(cast, new_visitor, team)
    desk = person(new_visitor, cast.coordinator, team)
    desk.goto(cast.pathway)
    go(desk, desk.get_by_role("link", name="Record the offer").first)
    go(desk, desk.get_by_role("button", name="Save the offer"))
    draft(desk, cast, cast.partners[0], "Draft")
    go(desk, desk.get_by_role("link", name="The letter to the family"))
    expect(desk.locator("main")).to_contain_text("You can take your permission back at any time")
    desk.goto(cast.pathway)
    sign(desk)
    send(desk)

    phone = person(new_visitor, cast.first, theirs)
    open_referral(phone, cast.student)
    expect(phone.locator("main")).not_to_contain_text("Rosalind")
    go(phone, phone.get_by_role("link", name="We cannot accept it"))
    go(phone, phone.get_by_role("button", name="Tell the school"))
    expect(phone.get_by_role("alert")).to_contain_text("Choose the reason.")
    phone.get_by_role("radio", name="There is no open spot").check()
    go(phone, phone.get_by_role("button", name="Tell the school"))
    expect(phone.locator("main")).not_to_contain_text(cast.student)

    draft(desk, cast, cast.partners[1], "Choose the next partner")
    sign(desk)
    send(desk)
    second = person(new_visitor, cast.second, theirs)
    open_referral(second, cast.student)
    log_first_service(second)
    desk.reload()
    expect(desk.locator("main")).to_contain_text("First seen")
    go(desk, desk.get_by_role("link", name="Revoke consent").first)
    go(desk, desk.get_by_role("button", name="End the partner’s access now"))
    expect(desk.locator("main")).to_contain_text("Consent revoked")
    # the page that is still open on the phone leads nowhere any more
    go(second, second.get_by_role("link", name="Log a day of service"))
    expect(second.get_by_role("heading", level=1)).to_contain_text("could not find")
    second.goto("/partner")
    expect(second.locator("main")).to_contain_text("has ended.")
    expect(second.locator("main")).not_to_contain_text(cast.student)

    live_system.flask("reminders", "deliver")
    mails = smtp_server.wait_for(1)
    for mail in mails:
        for part in cast.student.split():
            assert part not in mail.everything


@pytest.mark.full_cross_only("tests/pathways/referrals/test_pages.py")
def test_a_service_is_received(cast: Cast, new_visitor: NewVisitor) -> None:
    cast = routed(cast, new_visitor, PHONE)
    desk = person(new_visitor, cast.coordinator, PHONE)
    desk.goto(cast.pathway)
    go(desk, desk.get_by_role("link", name="Record the offer").first)
    go(desk, desk.get_by_role("button", name="Save the offer"))
    draft(desk, cast, cast.partners[0], "Draft")
    sign(desk)
    send(desk)
    partner = person(new_visitor, cast.first, DESK)
    open_referral(partner, cast.student)
    go(partner, partner.get_by_role("button", name="Put on our waiting list"))
    expect(partner.locator("main")).to_contain_text("On a waiting list")
    log_first_service(partner)
    go(partner, partner.get_by_role("link", name="The service has ended"))
    partner.get_by_role("radio", name="All of the help that was planned").check()
    go(partner, partner.get_by_role("button", name="Save"))
    expect(partner.locator("main")).to_contain_text("All of the help that was planned")
    desk.goto(cast.pathway)
    go(desk, desk.get_by_role("link", name="Complete it with its outcome").first)
    expect(desk.locator("main")).to_contain_text("The service was received")
    go(desk, desk.get_by_role("button", name="Complete"))
    expect(desk.locator("main")).to_contain_text("Completed")
    expect(desk.locator("main")).to_contain_text("What was shared")
