"""A circle through its pages: preparing, meeting, attendance, calendar, week, trainings; and what refuses."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import (
    answer,
    circle_now,
    keep,
    make_circle,
    plan,
    prepare,
    put_hold,
    ready_circle,
    train,
)
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingState
from wss_cases.pathways.circles.circle.queries import kept_circle
from wss_cases.pathways.circles.training import setting_of, trained_keepers
from wss_cases.pathways.common.models import PathwayState
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.pages import take_back

VISIT = {
    "talked": "today", "manner": "in_person", "done": ["support", "pre_met", "letter"], "answer": "yes", "ready": "yes",
}  # fmt: skip
"""All that a visit of one party settles."""


def base_of(world, circle):
    return f"/cases/{world.case.id}/pathways/{circle.id}"


def meeting_of(circle):
    found = select(CircleMeeting).where(CircleMeeting.pathway_id == circle.id)
    return db.session.scalars(found.order_by(CircleMeeting.id.desc())).first()


def test_from_the_first_gate_to_a_held_meeting(world, client_as, at):
    name = world.students[0].shown_name
    put_hold(world)
    circle = make_circle(world)
    train(world, world.coordinator)
    base, client = base_of(world, circle), client_as(world.coordinator)
    page = client.page(base)
    assert "Assign a circle keeper" in page.text
    assert "available when everything is done" in page.text
    client.submit(f"{base}/keepers", {"keeper": str(world.coordinator.id)})
    caused, harmed = world.people
    early = client.submit(f"{base}/parties/{harmed.id}", {"answer": "yes"})
    assert early.status_code == 400
    assert "Offer support to the person harmed before asking" in early.text
    for person in (caused, harmed):
        saved = client.submit(f"{base}/parties/{person.id}", VISIT)
        assert saved.status_code == 303
    assert client.submit(f"{base}/meeting", {"screen": "a\0b"}).status_code == 400
    assert client.submit(f"{base}/meeting", {"screen": "safe"}).status_code == 303
    refused = client.submit(f"{base}/meeting", {"time": "09:30", "room": "204"})
    assert refused.status_code == 400
    assert "Hold H2 applies" in refused.text
    assert client.submit(f"{base}/holds/H2", {"reason": "The plan is agreed."}).status_code == 303
    assert "Everything is done" in client.page(base).text
    assert client.submit(f"{base}/meeting", {"time": "09:30", "room": "204"}).status_code == 303
    assert "Nov 25, 9:30 am" in client.page("/circles").text
    at("2026-11-25 11:00")
    client = client_as(world.coordinator)
    meeting = meeting_of(circle)
    address = f"/circles/{meeting.id}"
    FollowUpFactory(
        school_id=world.school.id,
        case_id=world.case.id,
        owner_id=world.coordinator.id,
        due_on=NOW.date() + timedelta(days=2),
    )
    my_day = client.page("/my-day").text
    assert my_day.index("Did it take place?") < my_day.index("Coming up")
    asked = client.submit(address, {"state": "held"})
    assert asked.status_code == 303
    assert asked.headers["Location"].endswith(f"{address}/held")
    missing = client.submit(f"{address}/held")
    assert missing.status_code == 400
    assert f"{name}: Answer whether this person came." in missing.text
    came = {f"party_{person.id}": "came" for person in world.people}
    came[f"keeper_{world.coordinator.id}"] = "came"
    assert client.submit(f"{address}/held", came).status_code == 303
    assert fresh(circle).state is PathwayState.ACTIVE
    shown = client.page(base).find_all("main")[0].text
    assert "Record the agreement" in shown
    assert shown.index("No agreement yet.") < shown.index("Meetings") < shown.index("Parties and supporters")
    assert "Came" in client.page(address).text


def test_the_letter_is_shown_in_the_familys_language_and_printed(world, client_as):
    world.students[1].language = "es"
    db.session.commit()
    circle = make_circle(world)
    base, client = base_of(world, circle), client_as(world.coordinator)
    page = client.page(f"{base}/parties/{world.people[1].id}/letter")
    assert world.school.name in page.text
    assert world.coordinator.name in page.text
    assert any(part.get("lang") == "es" for part in page.find_all("div"))
    title = page.find_all("h1")[0].text
    assert title in client.page(f"{base}/parties/{world.people[1].id}").text


def test_supporters_are_invited_and_let_go(world, client_as):
    circle = make_circle(world)
    base, client = base_of(world, circle), client_as(world.coordinator)
    party = f"{base}/parties/{world.people[1].id}"
    empty = client.submit(party, {"supporter": "Grandmother Ana"})
    assert empty.status_code == 400
    assert "Grandmother Ana" in empty.text
    client.submit(party, {"supporter": "Grandmother Ana", "relation": "family"})
    assert "Grandmother Ana" in client.page(party).text
    assert "Grandmother Ana" in client.page(base).text
    (supporter,) = circle_now(circle).supporters
    assert client.submit(f"{base}/supporters/{supporter.id}/end").status_code == 303
    assert "Grandmother Ana" not in client.page(party).text


@pytest.mark.parametrize(("state", "words"), [("postponed", "Postponed"), ("called_off", "Canceled")])
def test_a_meeting_is_postponed_or_called_off_before_its_hour(world, client_as, state, words):
    circle = ready_circle(world)
    plan(world, circle)
    client = client_as(world.coordinator)
    address = f"/circles/{meeting_of(circle).id}"
    assert client.submit(address, {"state": state}).status_code == 303
    assert words in client.page(base_of(world, circle)).text
    file = client.get(f"{address}/calendar.ics")
    assert file.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(file.data).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    assert event["URL"].endswith(base_of(world, circle))


def test_the_one_who_walked_out_is_chosen_from_those_who_came(world, client_as, at):
    circle = ready_circle(world)
    plan(world, circle)
    at("2026-11-26 11:00")
    client = client_as(world.coordinator)
    address = f"/circles/{meeting_of(circle).id}/walked_out"
    came = {f"party_{person.id}": "came" for person in world.people}
    came[f"keeper_{world.coordinator.id}"] = "came"
    wrong = client.submit(address, came)
    assert wrong.status_code == 400
    assert "Enter which of the parties left." in wrong.text
    left = came | {f"party_{world.people[0].id}": "left_early"}
    assert client.submit(address, left).status_code == 303
    assert "consent not recorded" in client.page(base_of(world, circle)).text


def test_the_week_shows_each_day(world, client_as):
    circle = ready_circle(world)
    plan(world, circle)
    client = client_as(world.coordinator)
    page = client.page("/circles/week")
    assert "Thursday, November 26" in page.text
    assert world.case.reference in page.text
    assert world.case.reference not in client.page("/circles/week?day=2026-12-01").text
    for bad in ("9999-12-31", "0001-01-01", "soon", "2026-02-31"):
        assert client.get(f"/circles/week?day={bad}").status_code == 200


def test_what_the_school_asks_of_its_circles(world, client_as):
    client = client_as(make_user(world.school, Role.ADMINISTRATOR, "Ada Stone"))
    assert client.submit("/circles/setting", {"guardian_consent": "y"}).status_code == 303
    assert setting_of(world.school.id).guardian_consent
    assert client_as(world.coordinator).get("/circles/setting").status_code == 404


def test_who_was_trained_at_another_school_is_trained(world):
    pathway = make_circle(world)
    keep(world, pathway)
    (training,) = db.session.scalars(select(TrainingRecord))
    training.school_id = make_world().school.id
    db.session.commit()
    assert trained_keepers(world.school.id, TODAY) == {world.coordinator.id: world.coordinator.name}
    assert circle_now(pathway).trained_on(TODAY) == trained_keepers(world.school.id, TODAY)


def test_a_training_that_was_taken_back_makes_no_keeper(world):
    pathway = make_circle(world)
    actor = keep(world, pathway)
    (training,) = db.session.scalars(select(TrainingRecord))
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    take_back(Invocation(administrator, NOW), training.id, reason="Entered for the wrong person")
    assert trained_keepers(world.school.id, TODAY) == {}
    assert circle_now(pathway).trained_on(TODAY) == {}
    kept = kept_circle(pathway.id, TODAY)
    assert (actor.user_id in kept.keeper_ids, kept.trained_ids) == (True, frozenset())


def test_a_hold_that_nobody_lifts_says_so(world, client_as):
    put_hold(world, rules=["H3"])
    circle = make_circle(world)
    page = client_as(world.coordinator).page(f"{base_of(world, circle)}/holds/H3")
    assert "No one can say it for them" in page.text
    assert "Lift the hold" not in page.text


def test_a_closed_gate_is_seen_on_a_planned_meeting(world, client_as):
    circle = ready_circle(world)
    plan(world, circle)
    training = db.session.scalars(select(TrainingRecord)).one()
    training.valid_until = training.completed_on
    db.session.commit()
    page = client_as(world.coordinator).page(base_of(world, circle))
    assert "something it needs is now missing" in page.text


def test_an_ended_circle_still_has_its_page(world, client_as):
    circle = ready_circle(world)
    meeting = plan(world, circle, starts_at=NOW - timedelta(hours=1))
    answer(world, circle, meeting, MeetingState.HELD, now=NOW)
    client = client_as(world.coordinator)
    done = client.submit(f"{base_of(world, circle)}/complete-circle", {"outcome": "held_without_agreement"})
    assert done.status_code == 303
    page = client.page(base_of(world, circle))
    assert "Held" in page.text
    assert "Schedule the meeting" not in page.text


def test_pages_are_for_the_team_of_the_school_and_for_circles(world, client_as):
    circle = make_circle(world)
    keep(world, circle)
    prepare(world, circle)
    mentoring = make_circle(world, kind="one_to_one")
    stranger = client_as(make_user(make_world().school))
    own = client_as(world.coordinator)
    person = world.people[0].id
    for path in (
        f"/parties/{person}", f"/parties/{person}/letter", "/meeting",
    ):  # fmt: skip
        own.page(base_of(world, circle) + path)
        assert stranger.get(base_of(world, circle) + path).status_code == 404, path
        assert own.get(base_of(world, mentoring) + path).status_code == 404, path
