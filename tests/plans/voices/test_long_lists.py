"""Meetings and what was heard: however many there are, every one is reached page by page, and none twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.factories.accounts import acting, make_user
from tests.factories.plans import MeetingHeardFactory, SchoolMeetingFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.support.pages.leafing import leaf
from wss_cases.access.actor import Role
from wss_cases.plans.voices.meetings.models import PAGE, voices_of

FIRST = date(2026, 1, 5)


def test_every_meeting_is_reached_on_the_list_and_on_the_tab_of_the_plan(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 15:00")
    school, other = SchoolFactory(), SchoolFactory()
    user = make_user(Role.ADMINISTRATOR, school)
    plan = SchoolPlanFactory(school_id=school.id, lead_id=user.id)
    own = [
        SchoolMeetingFactory(school_id=school.id, held_on=FIRST + timedelta(days=number // 3), notice_on=None).id
        for number in range(PAGE + 3)
    ]
    SchoolMeetingFactory(school_id=other.id)
    for address in ("/meetings", f"/meetings/of-plan/{plan.id}"):
        pages = leaf(client_as(user), address, "/meetings/")
        assert [len(page) for page in pages] == [PAGE, 3]
        found = [int(href.removeprefix("/meetings/")) for page in pages for href in page]
        assert found == sorted(own, reverse=True), "the latest first"


def test_what_waits_comes_first_and_nothing_heard_is_cut_off(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 15:00")
    school = SchoolFactory()
    user = make_user(Role.COORDINATOR, school)
    meeting = SchoolMeetingFactory(school_id=school.id)
    of_school = {"school_id": school.id, "meeting_id": meeting.id}
    waiting = [
        MeetingHeardFactory(**of_school, answer_due_on=FIRST + timedelta(days=number // 2)).id for number in range(53)
    ]
    answered = [
        MeetingHeardFactory(
            **of_school,
            answer="We did it",
            answered_on=date(2026, 11, 24) - timedelta(days=number // 2),
            answer_due_on=FIRST - timedelta(days=60 - number),
        ).id  # due before all that waits: paging by the due day alone would lose them
        for number in range(53)
    ]
    pages = leaf(client_as(user), "/meetings/voices", "/meetings/heard/")
    assert [len(page) for page in pages] == [PAGE, PAGE, 6]
    found = [int(href.removeprefix("/meetings/heard/")) for page in pages for href in page]
    assert found == [one.id for one, _meeting in voices_of(acting(user), school.id, limit=500)]
    assert found == waiting + answered
