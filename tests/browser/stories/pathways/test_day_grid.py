"""The daily grid in a real browser: fifteen students in, out and marked, taps counted; a save that fails loses nothing;
a teacher's own period, one question a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.practice.rows import GRID, Note
from tests.browser.stories.steps.device import found_on
from tests.cases.making import make_user
from tests.factories.accounts import PASSWORD, PASSWORD_HASH
from tests.factories.base import fresh
from tests.factories.cases import CaseParticipantFactory
from tests.factories.mentoring import DailyCardFactory
from tests.factories.roster import StudentFactory
from tests.pathways.mentoring.making import make_matched, make_mentored
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.mentoring.periods import PeriodTeacher, SchoolPeriod
from wss_cases.pathways.mentoring.plan.models import Cadence
from wss_cases.routing.engine.vocabulary import Kind

pytestmark = pytest.mark.browser

STUDENTS = 15
MOST_TAPS = 40
"""For a coordinator: check-in and check-out of fifteen students, one school day."""
PERIODS = [f"Period {number}" for number in range(1, 8)]
GOALS = ["Be on time", "Keep hands and words kind"]


@dataclass(frozen=True)
class Cast:
    """Who plays, by address."""

    coordinator: str
    teacher: str


@pytest.fixture
def cast(live_system: LiveSystem, tmp_path: Path) -> Cast:
    """Fifteen students with a daily card; one teacher has two of them in period 2."""
    live_system.set_clock(datetime(2026, 11, 24, 9, 5, tzinfo=ZoneInfo("America/Chicago")))
    app = make_app(live_system.database.url, tmp_path)
    with app.app_context():
        made = make_mentored(capacity=STUDENTS)
        teacher = make_user(made.world.school, Role.REPORTER, name="Tess Teacher")
        for number, period in enumerate(PERIODS):
            starts, ends = (datetime(2026, 1, 1, 8 + number, minute).time() for minute in (0, 50))
            db.session.add(
                SchoolPeriod(school_id=made.world.school.id, number=number, name=period, starts_at=starts, ends_at=ends)
            )
        for number in range(STUDENTS):
            family = f"{chr(65 + number)}moore"
            student = StudentFactory(school=made.world.school, given_name="Ari", family_name=family)
            person = CaseParticipantFactory(case_id=made.world.case.id, student_id=student.id, role=PersonRole.WITNESS)
            row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY, starts_on=date(2026, 11, 2))
            row.participant_id = person.id
            placed = {"pathway_id": row.id, "case_id": row.case_id, "school_id": row.school_id}
            DailyCardFactory(expectations=GOALS, periods=PERIODS, **placed)
            if number < 2:
                db.session.add(PeriodTeacher(period="Period 2", user_id=teacher.id, **placed))
        for user in (made.world.coordinator, teacher):
            fresh(user).password_hash = PASSWORD_HASH
        db.session.commit()
        return Cast(str(fresh(made.world.coordinator).email), str(fresh(teacher).email))


def check_everyone(page: Page) -> int:
    """Check fifteen students in, one as absent, and out; returns the taps."""
    taps = 0

    def tapped(what: object) -> None:
        nonlocal taps
        taps += 1
        tap(what)  # type: ignore[arg-type]

    page.goto("/mentors")
    taps += 1
    go(page, page.get_by_role("link", name="Open today’s grid"))
    status = page.locator("[data-cells-status]")
    for number, group in enumerate(page.get_by_role("radiogroup", name=re.compile("Check-in")).all()):
        tapped(group.get_by_role("radio", name="Absent" if number == 4 else "In", exact=True))
    expect(status).to_have_text(re.compile(r"Saved \d+:\d\d [ap]m"))
    expect(page.locator("[data-cells-counted]")).to_have_text("14 in, 1 absent, 0 out")
    if page.viewport_size == PHONE:
        taps += 1
        go(page, page.get_by_role("navigation", name="Column").get_by_role("link", name="Out", exact=True))
    else:
        page.reload()
    for number, group in enumerate(page.get_by_role("group", name=re.compile("Check-out")).all()):
        if number != 4:
            tapped(group.get_by_role("checkbox"))
    expect(status).to_have_text(re.compile("Saved"))
    page.reload()
    expect(page.locator("main")).to_contain_text("14 in, 1 absent, 14 out")
    return taps


def fail_and_try_again(page: Page) -> None:
    """A save that fails stays in its cell and says so; it arrives once the network is back; the total follows."""
    page.goto("/mentoring/today?show=0")
    cell = page.get_by_role("radiogroup", name="Ari Amoore, Period 1, Be on time")
    page.route("**/mentoring/today/cell", lambda route: route.abort())
    tap(cell.get_by_role("radio", name="2"))
    expect(page.locator("[data-cells-status]")).to_contain_text("Not saved: 1.")
    expect(cell.get_by_role("radio", name="2")).to_be_checked()
    page.unroute("**/mentoring/today/cell")
    tap(page.get_by_role("button", name="Try again"))
    expect(page.locator("[data-cells-status]")).to_contain_text("Saved")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    assert page.locator("[data-total]").first.text_content() == "2 of 2 · 100%"
    tap(cell.get_by_role("radio", name="2"))  # a second tap takes it back
    expect(page.locator("[data-total]").first).to_have_text("")
    cell.get_by_role("radio", name="0").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-total]").first).to_have_text("0 of 2 · 0%")


def answer_all(page: Page, questions: int) -> None:
    """One question a screen, one tap each."""
    for number in range(questions):
        expect(page.locator("main")).to_contain_text(f"Question {number + 1} of {questions}")
        assert not re.search("mentor|check-in|program|Amoore|Bmoore", page.locator("main").inner_text(), re.IGNORECASE)
        assert axe_problems(page) + overflow_problems(page) == []
        go(page, page.get_by_role("button", name=("Yes", "Partly", "Not yet")[number % 3], exact=True))
    expect(page.locator("main")).to_contain_text("Everything is answered")


@pytest.mark.full_cross_only("tests/pathways/mentoring/test_day_grid.py and test_own_period.py")
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_day_of_fifteen_students(
    cast: Cast, live_server: LiveSystem, new_visitor: NewVisitor, note: Note, size: dict[str, int]
) -> None:
    """Costs a few seconds of processor: forty taps, each a request of its own."""
    desk = new_visitor(viewport=size)
    desk.enter(cast.coordinator, PASSWORD)
    taps = check_everyone(desk.page)
    note(GRID, f"coordinator {taps} taps {'on a phone' if size == PHONE else 'at a desk'}, teacher 1 a cell")
    assert taps <= MOST_TAPS, taps
    assert axe_problems(desk.page) + overflow_problems(desk.page) == []
    fail_and_try_again(desk.page)

    teacher = new_visitor(viewport=size)
    teacher.enter(cast.teacher, PASSWORD)
    teacher.page.goto("/period")
    go(teacher.page, teacher.page.get_by_role("link", name="Answer Period 2"))
    answer_all(teacher.page, 4)

    left = [found_on(one.page, ["Amoore", "Bmoore", "Keep hands"]) for one in (desk, teacher)]
    assert left == [[], []] and [*desk.problems, *teacher.problems] == []
