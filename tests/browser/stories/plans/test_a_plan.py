"""A school's plan from its first line to next year's copy: a baseline that is frozen, a council that first lacks its
quorum, a step that is asked for, late and shown, a review that knows the figures, a page that anyone reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from tests.browser.stories.plans import writing
from tests.browser.stories.plans.deciding import (
    closed_with_evidence,
    confirmed,
    met,
    paid_by_district,
    put_in_force,
    reviewed,
    voted,
)
from tests.browser.stories.plans.publishing import copied, published, read_by_anyone, turned_on
from tests.browser.stories.steps.people import languages, ready, sign_in
from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import Mail, MailServer
from wss_cases.access.actor import Role
from wss_cases.incidents.incident.states import IncidentState

pytestmark = pytest.mark.browser

CHICAGO = ZoneInfo("America/Chicago")
"""The hours of the story: written and first voted on, voted on again, the step's day, one and three school days later,
the review, and the summer."""
WRITTEN, VOTED = datetime(2026, 11, 2, 9, tzinfo=CHICAGO), datetime(2026, 11, 9, 18, tzinfo=CHICAGO)
DUE, LATE, LATER = (datetime(2026, 11, day, 7, 30, tzinfo=CHICAGO) for day in (16, 17, 19))
MID_YEAR, SUMMER = datetime(2027, 2, 1, 10, tzinfo=CHICAGO), datetime(2027, 6, 14, 10, tzinfo=CHICAGO)
STUDENTS, LAST_YEARS, THIS_YEARS = 20, 12, 3
PARTS = {"head": Role.ADMINISTRATOR, "lead": Role.COORDINATOR, "owner": Role.COORDINATOR, "district": Role.DISTRICT}


@dataclass(frozen=True)
class Cast:
    """Names and addresses of the people of the story, by part."""

    names: dict[str, str]
    emails: dict[str, str]


def one_school(language: str) -> Cast:
    """A school of twenty students that reported twelve incidents last year and three this autumn, and its people."""
    school = SchoolFactory()
    students = [StudentFactory(school=school) for _ in range(STUDENTS)]
    for student in students:
        EnrolmentFactory(student=student, starts_on=date(2025, 8, 1))
    days = [date(2025, 10, 7)] * LAST_YEARS + [date(2026, 10, 6)] * THIS_YEARS
    for student, day in zip(students, days, strict=False):
        at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
        make_incident(school, [student], state=IncidentState.ROUTED, local_date=day, occurred_at=at, submitted_at=at)
    people = {
        part: make_user(role, None if role is Role.DISTRICT else school, name=f"Plan {part.title()}")
        for part, role in PARTS.items()
    }
    return Cast(
        {part: person.name for part, person in people.items()},
        dict(zip(people, ready(people.values(), language), strict=True)),
    )


class School:
    """The system on whose clock the story goes on, and the windows of its people."""

    def __init__(self, system: LiveSystem, new_visitor: NewVisitor, cast: Cast, size: dict[str, int]) -> None:
        self._system, self._new_visitor, self._cast, self._size = system, new_visitor, cast, size
        self._now = WRITTEN
        self.at(WRITTEN)

    def at(self, now: datetime) -> None:
        """Move the hour."""
        self._now = now
        self._system.set_clock(now)

    def page_of(self, part: str) -> Page:
        return sign_in(self._new_visitor, self._cast.emails[part], self._now, self._size)

    def anyone(self) -> Page:
        return self._new_visitor(viewport=self._size).page

    def reminded(self) -> None:
        """Let what has come due be queued and sent."""
        for command in ("sweep", "deliver"):
            self._system.flask("reminders", command)


def mails_to(server: MailServer, email: str) -> list[Mail]:
    """Return what one person was sent about one thing alone: a digest can be stopped, this cannot."""
    mine = [mail for mail in server.mails if email in mail.recipients]
    return [mail for mail in mine if "List-Unsubscribe" not in mail.message]


def link_in(mail: Mail) -> str:
    found = re.search(r"https?://\S+?/follow-ups/\d+", mail.everything)
    assert found is not None, mail.everything
    return found[0]


@pytest.mark.full_cross_only(
    "tests/plans/plan/test_states.py, tests/plans/steps, tests/plans/review and tests/plans/public"
)
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages())
def test_a_plan_from_its_baseline_to_next_years_copy(
    live_system: LiveSystem, new_visitor: NewVisitor, smtp_server: MailServer, tmp_path: Path, language: str,
    size: dict[str, int],
) -> None:  # fmt: skip
    """Takes many seconds of processor: some sixty pages of a year, of five people, and the mails between them."""
    with make_app(live_system.database.url, tmp_path).app_context():
        cast = one_school(language)
    here = School(live_system, new_visitor, cast, size)
    head = here.page_of("head")
    plan = writing.started(head, cast.names["lead"])
    writing.frozen(head)
    writing.seated(head, plan)
    writing.answered(head, plan)
    for goal in writing.GOALS:
        writing.aimed(head, plan, goal)
    writing.stepped(head, cast.names["owner"])
    writing.paid(head)
    paid_by_district(here.page_of("district"))
    writing.trained(head, cast.names["owner"])

    met(here.page_of("owner"), plan, members="5")
    head.goto(plan)
    writing.press(head, "Put it to the council’s vote")
    voted(head, plan, "5", result="No quorum: recommendation to the network")
    here.at(VOTED)
    owner, head = here.page_of("owner"), here.page_of("head")
    met(owner, plan, members="8")
    voted(head, plan, "8", result="Approved")
    confirmed(owner, plan)
    put_in_force(head, plan)

    for now, part in ((DUE, "owner"), (LATE, "lead"), (LATER, "head")):
        assert mails_to(smtp_server, cast.emails[part]) == []
        here.at(now)
        here.reminded()
        [mail] = mails_to(smtp_server, cast.emails[part])
        assert writing.STEP not in mail.everything
    [mail] = mails_to(smtp_server, cast.emails["owner"])
    closed_with_evidence(here.page_of("owner"), link_in(mail), plan)

    here.at(MID_YEAR)
    head = here.page_of("head")
    reviewed(head, plan)
    turned_on(here.page_of("district"))
    read_by_anyone(here.anyone(), published(head, plan), language)
    here.at(SUMMER)
    copied(here.page_of("head"), plan)
