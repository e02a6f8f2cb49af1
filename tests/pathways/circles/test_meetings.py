"""Meetings: planned, moved, held, and the four ways in which they are not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.making import (
    LATER,
    add_supporter,
    answer,
    attendance,
    circle_now,
    consent,
    held_circle,
    plan,
    prepare,
    ready_circle,
    terms,
)
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.agreements import pages as agreements
from wss_cases.pathways.circles.circle.models import (
    CircleMeeting,
    MeetingKind,
    MeetingState,
    Presence,
    SupporterRelation,
)
from wss_cases.pathways.circles.invitations import meeting_file
from wss_cases.pathways.circles.meeting import actions as meetings
from wss_cases.pathways.circles.meeting import pages
from wss_cases.pathways.circles.meeting.queries import Attendance
from wss_cases.pathways.common.models import PathwayState

AFTER = LATER + timedelta(hours=1)


@pytest.fixture
def circle(world):
    return ready_circle(world)


def meeting_row(number):
    return fresh(db.session.get(CircleMeeting, number))


def open_kinds(circle):
    found = select(FollowUp.kind).where(FollowUp.pathway_id == circle.id, FollowUp.state == FollowUpState.OPEN)
    return sorted(db.session.scalars(found))


def test_a_meeting_is_planned_moved_and_held(world, circle):
    meeting = plan(world, circle)
    assert fresh(circle).next_step_on == date(2026, 11, 26)
    assert meeting_row(meeting).sequence == 0
    assert plan(world, circle, starts_at=LATER + timedelta(days=1)) == meeting
    assert meeting_row(meeting).sequence == 1
    with pytest.raises(Refused, match="not started"):
        answer(world, circle, meeting, MeetingState.HELD)
    answer(world, circle, meeting, MeetingState.HELD, now=LATER + timedelta(days=1, hours=1))
    assert fresh(circle).state is PathwayState.ACTIVE
    assert fresh(circle).held_on == date(2026, 11, 27)
    assert "questionnaire" in open_kinds(circle)
    with pytest.raises(Refused, match="already"):
        answer(world, circle, meeting, MeetingState.CALLED_OFF)


def test_attendance_is_kept_by_role(world, circle):
    add_supporter(Invocation(world.actor, NOW), circle.id, world.people[1].id, SupporterRelation.GUARDIAN, "A mother")
    meeting = plan(world, circle)
    answer(world, circle, meeting, MeetingState.HELD, left=[world.people[0].id])
    rows = meeting_row(meeting).attendance
    assert [row.left_early for row in rows] == [True, False, False, False]
    assert [bool(row.participant_id) for row in rows] == [True, True, False, False]
    assert rows[2].supporter_id and rows[3].keeper_user_id == world.coordinator.id


@pytest.mark.parametrize(
    ("state", "absent", "left", "why"),
    [
        (MeetingState.HELD, [0, 1], [], "Without one side"),
        (MeetingState.HELD, [1], [], "Without one side"),
        (MeetingState.NO_SHOW, [], [], "who did not come"),
        (MeetingState.WALKED_OUT, [], [], "which of the parties left"),
    ],
)
def test_what_is_said_of_the_people_fits(world, circle, state, absent, left, why):
    ids = [person.id for person in world.people]
    meeting = plan(world, circle)
    with pytest.raises(Refused, match=why):
        answer(world, circle, meeting, state, absent=[ids[n] for n in absent], left=[ids[n] for n in left])
    with pytest.raises(Refused, match="each person"):
        meetings.answer_meeting(Invocation(world.actor, AFTER), meeting, state, Attendance())
    assert meeting_row(meeting).happened is None


def test_without_its_keeper_it_was_not_held(world, circle):
    meeting = plan(world, circle)
    came = attendance(circle)
    nobody = Attendance(came.parties, {}, dict.fromkeys(came.keepers, Presence.ABSENT))
    with pytest.raises(Refused, match="keeper"):
        meetings.answer_meeting(Invocation(world.actor, AFTER), meeting, MeetingState.HELD, nobody)


@pytest.mark.parametrize(
    ("state", "absent", "now", "asked"),
    [
        (MeetingState.POSTPONED, [], NOW, ["plan_meeting"]),
        (MeetingState.CALLED_OFF, [], NOW, []),
        (MeetingState.NO_SHOW, [0], AFTER, ["after_no_show"]),
    ],
)
def test_a_meeting_that_was_not_held_keeps_its_requirements_and_asks_for_what_comes_next(
    world, circle, state, absent, now, asked
):
    meeting = plan(world, circle)
    answer(world, circle, meeting, state, absent=[world.people[number].id for number in absent], now=now)
    row = meeting_row(meeting)
    assert (row.not_held_reason, open_kinds(circle)) == (state.value, asked)
    assert [line.attended for line in row.attendance] == ([False, True, True] if absent else [])
    assert fresh(circle).state is PathwayState.PREPARING
    assert plan(world, circle, starts_at=LATER + timedelta(days=1)) != meeting
    assert "plan_meeting" not in open_kinds(circle)


def test_who_walked_out_is_asked_anew(world, circle):
    meeting = plan(world, circle)
    left, stayed = world.people
    answer(world, circle, meeting, MeetingState.WALKED_OUT, left=[left.id])
    row = meeting_row(meeting)
    assert (row.happened, row.not_held_reason) == (False, "walked_out")
    around = circle_now(circle)
    assert (around.consents.get(left.id), around.consents[stayed.id].consented) == (None, True)
    assert (around.preparations[left.id].is_ready, around.preparations[stayed.id].is_ready) == (None, True)
    assert open_kinds(circle) == ["after_walk_out"]
    with pytest.raises(Refused, match="consent not recorded"):
        plan(world, circle, starts_at=LATER + timedelta(days=1))
    prepare(world, circle, who=[left])
    consent(world, circle, who=[left])
    assert plan(world, circle, starts_at=LATER + timedelta(days=1))


@pytest.mark.parametrize("bad", ["another year", "short", "long", "proposed"])
def test_plans_that_are_refused(world, circle, bad):
    values = {"starts_at": LATER, "room": "204", "keeper_id": world.coordinator.id, "minutes": 60}
    values |= {
        "another year": {"starts_at": NOW - timedelta(days=400), "anyway": True},
        "short": {"minutes": 1},
        "long": {"minutes": 1000},
        "proposed": {},
    }[bad]
    if bad == "proposed":
        fresh(circle).state = PathwayState.PROPOSED
        db.session.commit()
    with pytest.raises(Refused):
        pages.plan_meeting(Invocation(world.actor, NOW), circle.id, **values)


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (LATER, "keeper has another circle.*room has another circle"),
        (datetime(2026, 11, 28, 9, 15, tzinfo=UTC), "no school.*outside school hours"),
    ],
)
def test_what_is_seldom_meant_is_asked_about_and_can_be_saved(world, circle, starts_at, words):
    plan(world, ready_circle(world))
    values = {"starts_at": starts_at, "room": "204 ", "keeper_id": world.coordinator.id}
    with pytest.raises(Refused, match=words) as asked:
        pages.plan_meeting(Invocation(world.actor, NOW), circle.id, **values)
    assert asked.value.field == "anyway"
    made = pages.plan_meeting(Invocation(world.actor, NOW), circle.id, **values, anyway=True)
    # moving it within its own time warns of nothing new
    assert pages.plan_meeting(Invocation(world.actor, NOW), circle.id, **values, anyway=True) == made


def test_a_circle_that_was_held_yesterday_is_recorded(world, circle, client_as, at):
    at("2026-11-24 10:00")
    client = client_as(world.coordinator)
    form = {"day": "2026-11-23", "time": "14:00", "minutes": "60", "room": "204", "keeper": str(world.coordinator.id)}
    answer_ = client.submit(f"/cases/{circle.case_id}/pathways/{circle.id}/meeting", form)
    assert answer_.status_code == 303
    made = circle_now(circle).waiting
    assert answer_.headers["Location"].endswith(f"/circles/{made.id}")
    answer(world, circle, made.id, MeetingState.HELD, now=NOW)
    assert fresh(circle).held_on == date(2026, 11, 23)
    assert db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "circle.invitation")).all() == []


def test_the_meeting_at_the_end_is_planned_once(world):
    circle = held_circle(world)
    agreements.make_agreement(Invocation(world.actor, AFTER), circle.id, terms(world, 1))
    end = LATER + timedelta(days=10)
    meeting = plan(world, circle, starts_at=end, now=AFTER)
    assert meeting_row(meeting).kind is MeetingKind.COMPLETION
    questionnaires = open_kinds(circle).count("questionnaire")
    answer(world, circle, meeting, MeetingState.HELD, now=end + timedelta(hours=1))
    assert fresh(circle).held_on == date(2026, 11, 26)
    assert open_kinds(circle).count("questionnaire") == questionnaires
    with pytest.raises(Refused, match="agreement completion meeting"):
        plan(world, circle, starts_at=end + timedelta(days=1), now=end)


def test_withdrawing_after_the_meeting_leaves_the_agreement_alone(world):
    circle = held_circle(world)
    agreements.make_agreement(Invocation(world.actor, AFTER), circle.id, terms(world, 1))
    meeting = plan(world, circle, starts_at=LATER + timedelta(days=10), now=AFTER)
    consent(world, circle, yes=False, who=world.people[:1], now=AFTER)
    around = circle_now(circle)
    assert around.agreement is not None and around.was_held
    assert meeting_row(meeting).not_held_reason == "called_off"
    assert fresh(circle).state is PathwayState.ACTIVE


def test_another_school_cannot_answer_and_an_old_page_is_told(world, circle):
    meeting = plan(world, circle)
    stranger = actor_for(make_user(make_world().school))
    came = attendance(circle)
    with pytest.raises(NotFound):
        meetings.answer_meeting(Invocation(stranger, AFTER), meeting, MeetingState.HELD, came)
    with pytest.raises(NotFound):
        meetings.answer_meeting(Invocation(world.actor, AFTER), 10**6, MeetingState.HELD, came)
    with pytest.raises(Stale):
        meetings.answer_meeting(Invocation(world.actor, AFTER, version=99), meeting, MeetingState.HELD, came)


def test_the_calendar_file_names_nobody(world, circle):
    number = plan(world, circle)
    file = meeting_file(meeting_row(number), "peer_conference", "https://x.example/c", "https://x.example/", NOW)
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert event["SUMMARY"] == "Peer conference"
    assert world.case.reference.encode() not in file
    assert (event["LOCATION"], event["STATUS"], event["SEQUENCE"]) == ("204", "CONFIRMED", 0)
    assert event.decoded("DTSTART") == LATER
    assert event.decoded("DTEND") == LATER + timedelta(minutes=60)
    for student in world.students:
        assert student.family_name.encode() not in file
    answer(world, circle, number, MeetingState.CALLED_OFF, now=NOW)
    file = meeting_file(meeting_row(number), "peer_conference", "https://x.example/c", "https://x.example/", NOW)
    (after,) = Calendar.from_ical(file).walk("VEVENT")
    assert (after["UID"], after["STATUS"], after["SEQUENCE"]) == (event["UID"], "CANCELLED", 1)
    assert Calendar.from_ical(file)["METHOD"] == "PUBLISH"
