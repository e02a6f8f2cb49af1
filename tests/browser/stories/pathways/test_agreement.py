"""An agreement in a real browser, from the first term to the end of the circle; and a questionnaire on a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.cases.making import make_world
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.pathways.circles.making import held_circle
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation.db import db

pytestmark = pytest.mark.browser

HELD, DUE, END = "2026-11-26 12:00", "2026-12-08 09:00", "2026-12-10 15:00"


@dataclass(frozen=True)
class Cast:
    """Who plays, and where."""

    coordinator: str
    caused: str
    harmed: str
    circle: str


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """A circle that was held two hours ago; its coordinator keeps it."""
    live_system.set_clock(wall(HELD))
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        world = make_world()
        names = [student.shown_name for student in world.students]
        circle = held_circle(world)
        coordinator = fresh(world.coordinator)
        coordinator.password_hash = PASSWORD_HASH
        db.session.commit()
        return Cast(
            coordinator=coordinator.email,
            caused=names[0],
            harmed=names[1],
            circle=f"/cases/{circle.case_id}/pathways/{circle.id}",
        )


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


def person(new_visitor: NewVisitor, cast: Cast, size: dict[str, int], now: str) -> Page:
    """Return the signed-in window of the coordinator."""
    visitor = new_visitor(viewport=size)
    visitor.page.clock.set_fixed_time(wall(now))
    visitor.enter(cast.coordinator, PASSWORD)
    return visitor.page


def agree(page: Page, cast: Cast) -> None:
    """Record two terms; a day that is missing is asked for, and nothing typed is lost."""
    page.goto(cast.circle)
    go(page, page.get_by_role("link", name="Record the agreement").first)
    words, days = page.get_by_label("What was agreed"), page.get_by_label("Due by")
    words.nth(0).fill(f"Repaint the door with {cast.harmed}")
    words.nth(1).fill("Sit apart at lunch")
    days.nth(1).fill("2026-12-08")
    go(page, page.get_by_role("button", name="Save the agreement"))
    expect(page.get_by_role("alert")).to_contain_text("Term 1: choose a due date.")
    expect(words.nth(0)).to_have_value(f"Repaint the door with {cast.harmed}")
    expect(days.nth(1)).to_have_value("2026-12-08")
    days.nth(0).fill("2026-12-08")
    go(page, page.get_by_role("button", name="Save the agreement"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def sign_and_print(page: Page, cast: Cast) -> None:
    """One party signs; the sheet of the other one names nobody else, not even inside a term."""
    page.goto(f"{cast.circle}/agreement")
    expect(page.locator("main")).to_contain_text("No one has signed yet.")
    go(page, page.get_by_role("link", name="Record who signed"))
    go(page, page.get_by_role("button", name="Save the signatures"))
    expect(page.get_by_role("alert")).to_contain_text("Check who signed.")
    page.get_by_role("checkbox", name=cast.harmed).check()
    page.get_by_role("radio", name="On paper").check()
    go(page, page.get_by_role("button", name="Save the signatures"))
    page.wait_for_url(re.compile(r"/agreement$"))
    go(page, page.get_by_role("link", name=re.compile(f"Español.*{cast.caused}")))
    sheet = page.locator("body")
    expect(sheet).to_contain_text(cast.caused)
    expect(sheet).to_contain_text("Repaint the door with")
    assert cast.harmed not in sheet.inner_text()
    assert page.locator("html").get_attribute("lang") == "es"


def change_a_term(page: Page, cast: Cast) -> None:
    """A term is changed once everybody who signed consents."""
    page.goto(f"{cast.circle}/agreement")
    go(page, page.get_by_role("link", name=re.compile("Update.*Sit apart")))
    page.get_by_role("radio", name="Changed by consent").check()
    page.get_by_label("What was agreed instead").fill("Sit at the same table, with a grown-up")
    page.get_by_label("Due by").fill("2026-12-10")
    go(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("alert")).to_contain_text(f"Everyone who agreed must consent: {cast.harmed}.")
    expect(page.get_by_label("What was agreed instead")).to_have_value("Sit at the same table, with a grown-up")
    page.get_by_role("checkbox", name=cast.harmed).check()
    go(page, page.get_by_role("button", name="Save"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def mark(page: Page, cast: Cast, words: str, state: str) -> None:
    """Say what became of a term."""
    page.goto(f"{cast.circle}/agreement")
    go(page, page.get_by_role("link", name=re.compile(f"Update.*{words}")))
    page.get_by_role("radio", name=state, exact=True).check()
    go(page, page.get_by_role("button", name="Save"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))


def end(page: Page, cast: Cast) -> None:
    """The circle ends with its outcome, and with a reason where there was no last meeting."""
    page.goto(f"{cast.circle}/agreement")
    go(page, page.get_by_role("link", name="Complete the circle"))
    go(page, page.get_by_role("button", name="Complete"))
    expect(page.get_by_role("alert")).to_contain_text("Hold the agreement completion meeting")
    page.get_by_label("The keeper met with each person separately instead").check()
    go(page, page.get_by_role("button", name="Complete"))
    page.wait_for_url(re.compile(r"/pathways/\d+$"))
    expect(page.locator("main")).to_contain_text("Agreement made and kept")


@pytest.mark.full_cross_only("tests/pathways/circles/agreements/test_pages.py")
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_an_agreement_from_its_first_term_to_its_end(
    live_system: LiveSystem, cast: Cast, new_visitor: NewVisitor, size: dict[str, int]
) -> None:
    page = person(new_visitor, cast, size, HELD)
    agree(page, cast)
    sign_and_print(page, cast)
    live_system.set_clock(wall(DUE))
    page = person(new_visitor, cast, size, DUE)
    change_a_term(page, cast)
    mark(page, cast, "Repaint", "Done")
    live_system.set_clock(wall(END))
    page = person(new_visitor, cast, size, END)
    mark(page, cast, "Sit at the same table", "Done late")
    end(page, cast)


def hand_out(page: Page, cast: Cast) -> dict[str, str]:
    """Make a link for each who came; return the addresses by name."""
    page.goto(cast.circle)
    go(page, page.get_by_role("link", name="Questionnaires").first)
    go(page, page.get_by_role("link", name="Make links"))
    go(page, page.get_by_role("button", name="Make the links"))
    expect(page.locator(".slip")).to_have_count(2)
    found = {}
    for slip in page.locator(".slip").all():
        found[slip.locator("h2 .no-print").inner_text()] = slip.locator("code").inner_text()
    return found


def answer_in_spanish(page: Page, address: str) -> None:
    """Answer on a phone: an empty form is asked again, the language changes and keeps what was ticked."""
    page.goto(address)
    go(page, page.get_by_role("button", name="Send my answers"))
    expect(page.get_by_role("alert")).to_contain_text("Answer at least one question.")
    page.get_by_role("group", name="Do you feel safer").get_by_label("Quite a lot").check()
    go(page, page.get_by_role("button", name="Español"))
    safer = page.get_by_role("group", name="¿Te sientes ahora más a salvo que antes?")
    expect(safer.get_by_label("Bastante")).to_be_checked()
    page.get_by_role("group", name="Si volviera a pasar").get_by_label("Sí", exact=True).check()
    page.get_by_label(re.compile("algo más que decir")).fill("Me gustó que me escucharan.")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    go(page, page.get_by_role("main").get_by_role("button").last)
    page.wait_for_url(re.compile("/q/thanks"))


@pytest.mark.full_cross_only("tests/pathways/circles/questionnaires/test_links.py")
def test_a_questionnaire_on_a_phone_in_spanish(cast: Cast, new_visitor: NewVisitor) -> None:
    page = person(new_visitor, cast, PHONE, HELD)
    links = hand_out(page, cast)
    phone = new_visitor(viewport=PHONE).page
    answer_in_spanish(phone, links[cast.harmed])
    phone.goto(links[cast.harmed])
    assert cast.harmed not in phone.locator("body").inner_text()
    page.goto(f"{cast.circle}/questionnaires")
    go(page, page.get_by_role("button", name=re.compile(f"Withdraw.*{cast.caused}")))
    phone.goto(links[cast.caused])
    expect(phone.get_by_role("heading", level=1)).to_contain_text("This link was withdrawn")
    go(page, page.get_by_role("link", name=re.compile(f"Read.*{cast.harmed}")))
    expect(page.locator("main")).to_contain_text("Me gustó que me escucharan.")


def test_a_device_is_handed_over(cast: Cast, new_visitor: NewVisitor) -> None:
    page = person(new_visitor, cast, PHONE, HELD)
    hand_out(page, cast)
    page.goto(f"{cast.circle}/questionnaires")
    go(page, page.get_by_role("button", name=re.compile(f"Answer on this device.*{cast.caused}")))
    expect(page.get_by_role("heading", level=1)).to_contain_text("A few questions")
    page.get_by_role("group", name="Did people listen to you?").get_by_label("Very much").check()
    go(page, page.get_by_role("button", name="Send my answers"))
    page.wait_for_url(re.compile("/q/thanks"))
    page.goto(cast.circle)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
