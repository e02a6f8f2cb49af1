"""One page schedules a circle: screen, free times, room and keeper; or records one that was held, with who came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cases.making import NOW, World, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.making import (
    attendance,
    circle_now,
    consent,
    keep,
    make_circle,
    plan,
    prepare,
    ready_circle,
    train,
)
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import local
from wss_cases.pathways.circles.circle.models import MeetingState, SupporterRelation
from wss_cases.pathways.circles.meeting import actions as meetings
from wss_cases.pathways.circles.meeting.queries import Guest
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.roster.directory.models import School

ZONE = "America/Chicago"


def page_of(circle: Pathway) -> str:
    return f"/cases/{circle.case_id}/pathways/{circle.id}/meeting"


def prepared(world: World) -> Pathway:
    """Return a circle of which only the screen and the day are missing; its lead is trained."""
    circle = make_circle(world)
    train(world, world.coordinator)
    prepare(world, circle)
    consent(world, circle)
    return circle


def offered(page: Any) -> list[str]:
    found = [one.get("value") for one in page.find_all("input") if one.get("name") == "when"]
    return [value for value in found if value not in ("other", "held")]


def test_screen_free_time_room_and_keeper_are_one_form(world: World, client_as: Any) -> None:
    circle, client = prepared(world), client_as(world.coordinator)
    form = client.form(page_of(circle))
    assert not form.values().get("screen") and not form.values().get("when"), "nothing is chosen beforehand"
    (first, *_rest) = offered(client.page(page_of(circle)))
    saved = client.submit(page_of(circle), {"screen": "safe", "when": first, "room": "Library"})
    assert saved.status_code == 303
    meeting = circle_now(circle).waiting
    assert local(meeting.starts_at, ZONE).strftime("%Y-%m-%dT%H:%M") == first
    assert (meeting.room, meeting.keeper_id) == ("Library", world.coordinator.id)


def test_the_screen_alone_is_saved_and_not_now_plans_nothing(world: World, client_as: Any) -> None:
    circle, client = prepared(world), client_as(world.coordinator)
    (first, *_rest) = offered(client.page(page_of(circle)))
    assert client.submit(page_of(circle), {"screen": "not_now", "when": first, "room": "Library"}).status_code == 303
    around = circle_now(circle)
    assert (around.screen.answer, around.waiting) == ("not_now", None)
    assert client.submit(page_of(circle), {"screen": "safe"}).status_code == 303
    assert circle_now(circle).screen.answer == "safe"
    assert client.submit(page_of(circle), {"room": "Library"}).status_code == 400


def test_times_that_are_taken_are_not_offered(world: World, client_as: Any) -> None:
    circle, client = ready_circle(world), client_as(world.coordinator)
    times = offered(client.page(page_of(circle)))
    assert len(times) == 6 and all("08:00" <= time[-5:] <= "14:00" for time in times)
    other = ready_circle(world)
    plan(world, other, starts_at=datetime.fromisoformat(f"{times[0]}:00-06:00"))
    page = client.page(page_of(circle))
    assert times[0] not in offered(page)
    assert "The keeper has another circle at that time." in page.text


def test_a_student_who_is_invited_elsewhere_at_that_time_is_named(world: World, client_as: Any) -> None:
    circle, name = ready_circle(world), world.students[0].shown_name
    elsewhere = make_world()
    their = ready_circle(elsewhere)
    db.session.get_one(CaseParticipant, elsewhere.people[0].id).student_id = world.people[0].student_id
    db.session.commit()
    at = NOW + timedelta(days=2)
    plan(elsewhere, their, starts_at=at)
    day = {"when": "other", "day": "2026-11-26", "time": "10:00", "room": "Library"}
    asked = client_as(world.coordinator).submit(page_of(circle), day)
    assert asked.status_code == 400 and f"{name} has another circle at that time." in asked.text


def test_hours_outside_the_schools_own_are_asked_about(world: World, client_as: Any) -> None:
    circle, client = ready_circle(world), client_as(world.coordinator)
    school = db.session.get_one(School, world.school.id)
    late = school.last_bell.strftime("%H:%M")
    asked = client.submit(page_of(circle), {"when": "other", "day": "2026-11-26", "time": late, "room": "Library"})
    assert asked.status_code == 400 and "outside school hours" in asked.text


def test_a_circle_that_was_held_with_everyone_is_one_form(world: World, client_as: Any) -> None:
    circle, client = ready_circle(world), client_as(world.coordinator)
    said = {"when": "held", "day": "2026-11-23", "time": "10:00", "room": "Library"}
    future = client.submit(page_of(circle), said | {"day": "2026-11-25"})
    assert future.status_code == 400 and circle_now(circle).waiting is None
    saved = client.submit(page_of(circle), said | {"everyone": "y"})
    assert saved.headers["Location"].endswith(f"/pathways/{circle.id}")
    (meeting,) = circle_now(circle).meetings
    assert meeting.happened and len(meeting.attendance) == 3 and all(line.attended for line in meeting.attendance)
    assert fresh(circle).state is PathwayState.ACTIVE


def test_of_one_that_was_held_without_somebody_it_is_asked_who_came(world: World, client_as: Any) -> None:
    circle, client = ready_circle(world), client_as(world.coordinator)
    said = {"when": "held", "day": "2026-11-23", "time": "10:00", "room": "Library"}
    saved = client.submit(page_of(circle), said)
    assert saved.headers["Location"].endswith(f"/circles/{circle_now(circle).waiting.id}/held")


def test_everyone_came_is_one_answer(world: World, client_as: Any, at: Any) -> None:
    circle = ready_circle(world)
    meeting = plan(world, circle)
    at("2026-11-26 11:00")
    saved = client_as(world.coordinator).submit(f"/circles/{meeting}", {"state": "everyone"})
    assert saved.headers["Location"].endswith(f"/pathways/{circle.id}")
    (row,) = circle_now(circle).meetings
    assert row.happened and all(line.attended for line in row.attendance) and len(row.attendance) == 3


@pytest.mark.parametrize(("relation", "beside"), [(None, 0), (SupporterRelation.FAMILY, 10**6)])
def test_a_guest_is_somebody_to_one_of_the_parties(world: World, relation: Any, beside: int) -> None:
    circle = ready_circle(world)
    meeting = plan(world, circle)
    guest = Guest("Uncle Leon", relation, beside or world.people[0].id)
    call = Invocation(world.actor, NOW + timedelta(days=3))
    with pytest.raises(Refused):
        meetings.answer_meeting(call, meeting, MeetingState.HELD, attendance(circle), guest)
    assert not circle_now(circle).supporters


def test_somebody_who_came_without_having_been_invited_is_recorded(world: World, client_as: Any, at: Any) -> None:
    circle = ready_circle(world)
    meeting = plan(world, circle)
    at("2026-11-26 11:00")
    came = {f"party_{person.id}": "came" for person in world.people} | {f"keeper_{world.coordinator.id}": "came"}
    came |= {"guest": "Uncle Leon", "guest_relation": "family", "guest_beside": str(world.people[1].id)}
    assert client_as(world.coordinator).submit(f"/circles/{meeting}/held", came).status_code == 303
    around = circle_now(circle)
    (guest,) = around.supporters
    assert (guest.name, guest.participant_id) == ("Uncle Leon", world.people[1].id)
    assert guest.id in {line.supporter_id for line in around.meetings[0].attendance if line.attended}
    assert "Uncle Leon" in client_as(world.coordinator).page(f"/circles/{meeting}").text


def test_only_a_keeper_is_asked_for_the_screen(world: World, client_as: Any) -> None:
    circle = make_circle(world)
    keep(world, circle)
    dean = client_as(make_user(world.school, Role.DEAN))
    assert "screen" not in dean.form(page_of(circle)).names
