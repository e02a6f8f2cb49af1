"""Meetings: who came, what was heard, what was answered; every row of a long list is reached."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.plans import (
    MeetingHeardFactory,
    PlanGoalFactory,
    PlanStepFactory,
    PlanStrategyFactory,
    SchoolMeetingFactory,
    SchoolPlanFactory,
)
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.pages.leafing import leaf
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.voices.meetings.models import (
    PAGE,
    MeetingHeard,
    MeetingType,
    SchoolMeeting,
    Theme,
    themes_on,
    unanswered_by_school,
    unanswered_counts,
    voices_of,
)
from wss_cases.plans.voices.meetings.pages import answer_heard, write_heard

TODAY = date(2026, 11, 24)


@pytest.fixture
def school(session: Any, at: Any) -> Any:
    at("2026-11-24 15:00")
    return SchoolFactory()


@pytest.fixture
def coordinator(school: Any) -> Any:
    return make_user(Role.COORDINATOR, school)


@pytest.fixture
def client(coordinator: Any, client_as: Any) -> Any:
    return client_as(coordinator)


def only(model: Any) -> Any:
    return db.session.scalars(select(model)).one()


def heard(school: Any, **more: Any) -> MeetingHeard:
    meeting = SchoolMeetingFactory(school_id=school.id)
    return MeetingHeardFactory(school_id=school.id, meeting_id=meeting.id, **more)


def test_a_meeting_takes_taps_and_numbers_and_its_themes_wait_for_answers(school: Any, client: Any) -> None:
    sent = client.submit(
        "/meetings/new", {"kind": "community", "families": "14", "students": "3", "themes": ["police", "arrival"]}
    )
    assert sent.status_code == 303
    meeting = only(SchoolMeeting)
    assert (meeting.kind, meeting.held_on, meeting.families, meeting.staff) == (MeetingType.COMMUNITY, TODAY, 14, 0)
    waiting = db.session.scalars(select(MeetingHeard).order_by(MeetingHeard.id)).all()
    assert {one.theme for one in waiting} == {Theme.POLICE, Theme.ARRIVAL}
    assert {one.answer_due_on for one in waiting} == {date(2026, 12, 8)}, "fourteen days, as the setting begins"
    assert unanswered_by_school(acting(make_user(Role.DISTRICT)), TODAY) == {school.id: (2, 0)}
    page = client.page(sent.location).text
    assert "Parents and guardians: 14" in page and "Police and security" in page
    assert "2 waiting for an answer" in client.page("/meetings").text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": None}, "Choose the kind of meeting."),
        ({"held_on": "2026-12-01", "students": "3"}, "no one can have come yet"),
        ({"held_on": "2026-12-01", "themes": ["police"]}, "This meeting has not been held yet."),
        ({"notice_on": "2026-11-25"}, "The notice comes before the meeting."),
        ({"families": "-1"}, "Write a number from 0 to 5000."),
        ({"topic": "About Zenobia"}, "Leave out student names."),
        ({"topic": "x" * 121}, "Use at most 120 characters."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(school: Any, client: Any, values: Any, words: str) -> None:
    StudentFactory(school=school, given_name="Zenobia")
    refused = client.submit("/meetings/new", {"kind": "council"} | values)
    assert refused.status_code == 400 and words in refused.text
    assert db.session.scalar(select(SchoolMeeting.id)) is None


def test_an_answer_says_what_changed_and_where_in_the_plan(school: Any, client: Any) -> None:
    row = heard(school)
    plan = SchoolPlanFactory(school_id=school.id, lead_id=make_user(Role.ADMINISTRATOR, school).id)
    of_plan = {"school_id": school.id, "plan_id": plan.id}
    goal = PlanGoalFactory(**of_plan)
    strategy = PlanStrategyFactory(**of_plan, goal_id=goal.id)
    step = PlanStepFactory(**of_plan, strategy_id=strategy.id)
    page = f"/meetings/heard/{row.id}"
    assert "Write the answer first." in client.submit(page, {"changed": "Two lamps"}).text
    values = {"answer": "We asked the city.", "changed": "Two lamps", "goal": str(goal.id), "step": str(step.id)}
    assert client.submit(page, values).status_code == 303
    row = fresh(row)
    assert (row.answered_on, row.goal_id, row.step_id) == (TODAY, goal.id, step.id)
    assert unanswered_by_school(acting(make_user(Role.DISTRICT)), TODAY) == {}
    listed = client.page("/meetings/voices").text
    assert "We asked the city." in listed and "Two lamps" in listed
    assert client.submit(page, {"answer": "", "changed": "", "goal": "", "step": ""}).status_code == 303
    assert fresh(row).answered_on is None, "without an answer it waits again"


def test_no_goal_of_another_school_is_named(school: Any, client: Any) -> None:
    row = heard(school)
    other = SchoolFactory()
    plan = SchoolPlanFactory(school_id=other.id)
    goal = PlanGoalFactory(school_id=other.id, plan_id=plan.id)
    page = f"/meetings/heard/{row.id}"
    data = {name: held[0] for name, held in client.form(page).values().items() if held}
    assert client.post(page, data=data | {"answer": "Yes.", "goal": str(goal.id)}).status_code == 400
    assert fresh(row).goal_id is None


def test_what_may_name_a_student_is_confirmed_by_a_person(school: Any, client: Any) -> None:
    StudentFactory(school=school, given_name="Zenobia")
    meeting = SchoolMeetingFactory(school_id=school.id)
    page = f"/meetings/{meeting.id}/heard"
    refused = client.submit(page, {"theme": "bullying", "heard": "Zenobia was alone"})
    assert refused.status_code == 400 and "This may name a student: Zenobia" in refused.text
    assert db.session.scalar(select(MeetingHeard.id)) is None
    data = {name: held[0] for name, held in client.form(page).values().items() if held}
    sent = client.post(page, data=data | {"theme": "bullying", "heard": "Zenobia Street is dark", "anyway": "y"})
    assert sent.status_code == 303 and only(MeetingHeard).heard == "Zenobia Street is dark"


def test_nothing_is_heard_before_a_meeting_and_a_theme_is_of_the_list(school: Any, client: Any) -> None:
    coming = SchoolMeetingFactory(school_id=school.id, held_on=date(2026, 12, 1), members=0)
    page = f"/meetings/{coming.id}/heard"
    assert "has not been held yet" in client.submit(page, {"theme": "police"}).text
    data = {name: held[0] for name, held in client.form(page).values().items() if held}
    assert client.post(page, data=data | {"theme": "whatever they said"}).status_code == 400
    assert db.session.scalar(select(MeetingHeard.id)) is None
    assert themes_on(date(2020, 1, 1)) == themes_on(TODAY)


def test_no_act_takes_a_theme_that_is_not_on_the_list(school: Any, coordinator: Any) -> None:
    row, call = heard(school), Invocation(acting(coordinator), clock.now())
    typed: Any = "weather"
    for act in (
        lambda: write_heard(call, row.meeting_id, theme=typed),
        lambda: answer_heard(call, row.id, theme=typed, answer="Yes."),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.field == "theme"
    assert fresh(row).answer == "" and only(MeetingHeard).id == row.id


def test_before_its_day_a_meeting_says_what_is_needed_and_leads_to_its_plan(school: Any, client: Any) -> None:
    plan = SchoolPlanFactory(school_id=school.id)
    done = {"state": PlanState.CLOSED, "closed_on": date(2026, 8, 1), "first_year": "2025-26"}
    SchoolPlanFactory(school_id=school.id, **done)
    nobody = dict.fromkeys(("students", "families", "staff", "community", "members"), 0)
    coming = SchoolMeetingFactory(school_id=school.id, held_on=date(2026, 11, 25), **nobody)
    page = client.page(f"/meetings/{coming.id}").find_all("main")[0]
    assert "7 members needed" in page.text and "Who came" not in page.text and "No: 0" not in page.text
    plans = [link.get("href") for link in page.find_all("a") if "/safety-plans/" in link.get("href")]
    assert plans == [f"/safety-plans/{plan.id}"], "the one that is not closed"
    one = SchoolMeetingFactory(school_id=school.id, held_on=date(2026, 11, 26), quorum=1, **nobody)
    assert "1 member needed" in client.page(f"/meetings/{one.id}").text
    today = SchoolMeetingFactory(school_id=school.id, held_on=TODAY, **nobody)
    held = client.page(f"/meetings/{today.id}").find_all("main")[0].text
    assert "Who came" in held and "No: 0 of 7 needed" in held


def test_a_late_notice_is_said_and_a_change_leaves_its_trace(school: Any, client: Any) -> None:
    meeting = SchoolMeetingFactory(school_id=school.id, notice_on=date(2026, 11, 9))
    page = f"/meetings/{meeting.id}"
    assert "The notice was not posted in time" in client.page(page).text
    assert client.submit(f"{page}/change", {"notice_on": "2026-11-08", "families": "13"}).status_code == 303
    assert "The notice was not posted in time" not in client.page(page).text
    trace = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "meeting.changed")).one()
    assert trace.changes["families"] == [12, 13]
    later = client.submit(f"{page}/change", {"held_on": "2026-12-01"})
    assert later.status_code == 400 and fresh(meeting).held_on == date(2026, 11, 10)


def test_another_schools_staff_reads_nothing_and_the_district_changes_nothing(
    school: Any, client: Any, client_as: Any
) -> None:
    row = heard(school)
    stranger = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    assert "bus stop" not in stranger.page("/meetings/voices").text
    district = client_as(make_user(Role.DISTRICT))
    assert "bus stop" in district.page(f"/meetings/{row.meeting_id}").text
    assert district.get(f"/meetings/heard/{row.id}").status_code == 404


def test_a_stale_page_overwrites_nothing(school: Any, client: Any) -> None:
    row = heard(school)
    page = f"/meetings/heard/{row.id}"
    data = {name: held[0] for name, held in client.form(page).values().items() if held}
    client.submit(page, {"answer": "We asked the city."})
    late = client.post(page, data=data | {"answer": "We did nothing.", "request_key": "another"})
    assert late.status_code == 409 and fresh(row).answer == "We asked the city."


def test_the_next_meeting_and_what_waits_stand_on_the_home_of_the_plan(school: Any, client: Any) -> None:
    plan = SchoolPlanFactory(school_id=school.id)
    SchoolMeetingFactory(school_id=school.id, held_on=date(2026, 12, 8), members=0)
    SchoolMeetingFactory(school_id=school.id, held_on=date(2026, 12, 1), members=0)
    heard(school, answer_due_on=date(2026, 11, 20))
    assert unanswered_counts([plan.id], TODAY) == {plan.id: 1}
    home = client.page(f"/safety-plans/{plan.id}").text
    assert "Tue, Dec 1" in home and "Dec 8" not in home
    assert "1 thing heard waits for an answer" in home and "1 overdue" in home
    assert "Tue, Dec 8" in client.page(f"/meetings/of-plan/{plan.id}").text


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
