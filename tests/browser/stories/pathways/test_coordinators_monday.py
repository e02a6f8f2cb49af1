"""A coordinator's Monday, whole: a student found and visited, the circle prepared, scheduled, held and agreed on, the
signed paper photographed, the term followed up. Preparing is counted: two students and the day are three forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.attachments.scenes import photo
from tests.browser.practice.rows import CIRCLE, FIND, VISIT, Note
from tests.browser.stories.steps import circle as steps
from tests.browser.stories.steps.finding import find
from tests.browser.stories.steps.people import PASSWORD, languages, look, ready
from tests.browser.stories.steps.words import words_in
from tests.cases.making import actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import circle_now, make_circle, train
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, go
from tests.support.pages.counting import Cost, Counter
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Invocation, Role
from wss_cases.attachments.attachment import Attachment
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.training import save_setting
from wss_cases.pathways.common.queries import load_pathway

pytestmark = pytest.mark.browser

MONDAY = datetime(2026, 11, 30, 8, 30, tzinfo=ZoneInfo("America/Chicago"))
PREPARED = ("contact_person_harmed", "guardian_contact_harmed", "pre_meetings")
PARTY = 8
"""Answers of one party: when, how, three things done, the party's answer, the guardian's, ready."""
JACKET, TERM, PAPER = "Bring the jacket back", "Repaint the door", "Signed sheet"


@dataclass(frozen=True)
class Case:
    """What the story is about."""

    email: str
    names: list[str]
    harmed: str
    reference: str
    circle_id: int


def one_case(language: str) -> Case:
    """A fight of two students with a proposed peer conference, three follow-ups of preparing it and one beside it; both
    guardians are asked."""
    world = make_world()
    row = make_circle(world)
    train(world, world.coordinator)
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    save_setting(Invocation(administrator, MONDAY), world.school.id, guardian_consent=True)
    about: dict[str, Any] = {
        "school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id,
        "incident_person_id": world.incident.people[1].id, "due_on": MONDAY.date(),
    }  # fmt: skip
    for kind in PREPARED:
        FollowUpFactory(kind=kind, **about)
    FollowUpFactory(kind="other", title=JACKET, **about)
    names = [student.shown_name for student in world.students]
    family, reference, circle_id = world.students[1].family_name, world.case.reference, row.id
    [email] = ready([fresh(world.coordinator)], language)
    return Case(email, names, family, reference, circle_id)


class Monday:
    """The coordinator's window; it is signed in anew whenever the hour has moved."""

    def __init__(self, system: LiveSystem, new_visitor: NewVisitor, email: str, size: dict[str, int]) -> None:
        self._system, self._new_visitor, self._email, self._size = system, new_visitor, email, size
        self.page = self.at(MONDAY)

    def at(self, now: datetime) -> Page:
        """Move the hour, and come to My day."""
        self._system.set_clock(now)
        visitor = self._new_visitor(viewport=self._size)
        visitor.page.clock.set_fixed_time(now)
        visitor.enter(self._email, PASSWORD)
        self.page = visitor.page
        self.page.goto("/my-day")
        return self.page


def visited(page: Page, case: Case) -> None:
    """Close what is no part of the circle, while standing with the student."""
    words = words_in(page.locator("html").get_attribute("lang") or "")
    go(page, page.get_by_role("link", name=words("Visit") + " " + case.names[1]).first)
    block = page.get_by_role("region", name=JACKET)
    block.get_by_role("radio", name=words("Done"), exact=True).check()
    block.get_by_role("textbox").fill("The jacket is back.")
    look(page)
    go(page, page.get_by_role("button", name=words("Close what I answered")))
    expect(page.locator("#today")).not_to_contain_text(JACKET)


def prepared(page: Page, case: Case, words: Any) -> tuple[Cost, Cost, str]:
    """Prepare both parties and schedule, from the page of the circle; returns what one visit cost, what all of it cost,
    and the time that was chosen."""
    counter = Counter(page)
    go(page, page.get_by_role("link", name=words("Pre-meeting with %(name)s not done yet", name=case.names[1])))
    look(page)
    following = words("Save, then %(name)s", name=case.names[0])
    steps.visit(page, then=following, guardian="Yes, by phone", who="Elena Reyes")
    one_visit = counter.cost()
    expect(page.get_by_role("heading", name=words("Prepare with %(name)s", name=case.names[0]))).to_be_visible()
    steps.visit(page, then=words("Save, then schedule"))
    look(page)
    steps.choose(page, "Can these people meet safely?", "Safe to meet")
    time = page.get_by_role("group", name=words.start("When")).get_by_role("radio").first
    time.check()
    page.get_by_label(words("Room")).fill("Circle room")
    chosen = str(time.get_attribute("value"))
    steps.save(page, steps.SAVE_MEETING)
    whole = counter.cost()
    expect(page.locator("main")).to_contain_text("Circle room")
    return one_visit, whole, chosen


def agreed(page: Page, case: Case, words: Any, day: str) -> None:
    """Say that the circle was held, record one term, and print the sheet of a party."""
    go(page, page.get_by_role("link", name=words("Did it take place?")).first)
    steps.say(page, "Yes, and everyone came")
    go(page, page.get_by_role("link", name=words("Record the agreement")).first)
    page.get_by_label(words("What was agreed")).first.fill(TERM)
    page.get_by_label(words("Due by")).first.fill(day)
    look(page)
    go(page, page.get_by_role("button", name=words("Save the agreement")))
    go(page, page.get_by_role("link", name=words("Signatures and printing")))
    agreement = page.url
    go(page, page.get_by_role("link", name=f"Español {case.names[0]}"))
    expect(page.locator("body")).to_contain_text(TERM)
    page.goto(agreement)


def signed(page: Page, case: Case, words: Any) -> None:
    """Record who signed on paper, and photograph the paper."""
    go(page, page.get_by_role("link", name=words("Record who signed")))
    for name in case.names:
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("radio", name=words("On paper")).check()
    go(page, page.get_by_role("button", name=words("Save the signatures")))
    go(page, page.get_by_role("link", name=words("Signed papers")))
    go(page, page.get_by_role("main").get_by_role("link", name=words("Agreement")).first)
    picture = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    page.locator("input[name=photo]").set_input_files(picture)  # type: ignore[arg-type]
    page.get_by_label(words("What does it show?")).fill(PAPER)
    look(page)
    go(page, page.get_by_role("button", name=words("Attach"), exact=True))
    go(page, page.get_by_role("link", name=PAPER))
    page.wait_for_function("document.querySelector('.attached-photo')?.naturalWidth > 0")


def followed_up(page: Page, words: Any) -> None:
    """Mark the term that is due as done, from My day."""
    go(page, page.get_by_role("link", name=words("Did this get done?")).first)
    page.get_by_role("radio", name=words("Done"), exact=True).check()
    go(page, page.get_by_role("main").get_by_role("button", name=words("Save"), exact=True))
    expect(page.locator("main")).to_contain_text(words("Done"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages(1))
def test_a_coordinators_monday(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, note: Note, language: str, size: dict[str, int]
) -> None:
    """Takes some seconds of processor: sixteen pages of work, each drawn on its device."""
    words = words_in(language)
    app = make_app(live_system.database.url, tmp_path)
    live_system.set_clock(MONDAY)
    with app.app_context():
        case = one_case(language)
    monday = Monday(live_system, new_visitor, case.email, size)
    page = monday.page
    visited(page, case)
    counter = Counter(page)
    find(page, case.harmed, case.names[1])
    taps = counter.cost().clicks
    note(FIND, f"{taps} taps on a phone" if size == PHONE else f"the key / and {taps} click")
    assert taps <= (2 if size == PHONE else 1)
    go(page, page.get_by_role("main").get_by_role("link", name=case.reference).first)
    go(page, page.get_by_role("link", name=words("Peer conference"), exact=True).first)
    one_visit, whole, chosen = prepared(page, case, words)
    note(VISIT, str(one_visit))
    note(CIRCLE, str(whole))
    assert (one_visit.forms, one_visit.clicks) == (1, 1 + PARTY + 1)
    assert whole == Cost(loads=4, forms=3, clicks=1 + 2 * PARTY + 2 + 3)
    with app.app_context():
        found = load_pathway(case.circle_id)
        assert found is not None and circle_now(found).waiting is not None
        still_open = select(FollowUp.kind).where(FollowUp.kind.in_(PREPARED), FollowUp.state == FollowUpState.OPEN)
        assert db.session.scalars(still_open).all() == []
    held = datetime.fromisoformat(chosen).replace(tzinfo=MONDAY.tzinfo)
    page = monday.at(held.replace(hour=held.hour + 1))
    agreed(page, case, words, held.date().isoformat())
    signed(page, case, words)
    page.goto("/my-day")
    followed_up(page, words)
    assert re.search(r"/pathways/\d+$", page.url)
    with app.app_context():
        assert db.session.scalars(select(Attachment.title)).all() == [PAPER]
