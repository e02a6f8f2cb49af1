"""The page of one party is the form of a visit: one save records all of it, in part at any time, choosing nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, World, make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import circle_now, make_circle, plan, ready_circle, record_support, train, visit
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.pathways.circles.circle.models import CircleConsent, CirclePreparation, GuardianAnswer, PartyAnswer
from wss_cases.pathways.circles.circle.rules import unmet
from wss_cases.pathways.common.models import Pathway, PathwayState

ALL = {
    "talked": "today", "manner": "in_person", "done": ["support", "pre_met", "letter"], "answer": "yes", "ready": "yes",
    "guardian": "phone", "guardian_name": "Elena Reyes", "plan_needed": "no",
    "supporter": "Ms. Ortega", "relation": "staff",
}  # fmt: skip


def page_of(circle: Pathway, person: Any) -> str:
    return f"/cases/{circle.case_id}/pathways/{circle.id}/parties/{person.id}"


def shut(circle: Pathway) -> list[str]:
    return [one.code for one in unmet(circle_now(circle).requirements_on(TODAY))]


def chosen(page: Any) -> set[str]:
    return {one.get("name") for one in page.find_all("input") if "checked" in one.attributes} & set(ALL)


def test_one_save_records_first_contact_pre_meeting_and_consent_and_closes_their_follow_ups(
    world: World, client_as: Any
) -> None:
    circle, (caused, harmed) = make_circle(world), world.people
    train(world, world.coordinator)
    here = {"school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id}
    asked = {
        kind: FollowUpFactory(**here, kind=kind, incident_person_id=world.incident.people[1].id)
        for kind in ("contact_person_harmed", "guardian_contact_harmed", "pre_meetings")
    }
    client = client_as(world.coordinator)
    client.submit(page_of(circle, caused), {"talked": "yesterday", "manner": "phone", "done": ["pre_met"]})
    saved = client.submit(page_of(circle, harmed), ALL)
    assert saved.status_code == 303
    closed = {kind: (fresh(row).state, fresh(row).outcome, fresh(row).evidence) for kind, row in asked.items()}
    day = TODAY.isoformat()
    assert closed == {
        "contact_person_harmed": (FollowUpState.DONE, "reached", {"on": day, "manner": "in_person"}),
        "guardian_contact_harmed": (
            FollowUpState.DONE,
            "reached",
            {"on": day, "manner": "phone", "who": "Elena Reyes"},
        ),
        "pre_meetings": (FollowUpState.DONE, "all_held", {"on": day}),
    }
    around = circle_now(circle)
    prepared, consent = around.preparations[harmed.id], around.consents[harmed.id]
    assert (prepared.first_contact_on, prepared.first_contact_manner) == (TODAY, "in_person")
    assert (prepared.support_offered_on, prepared.pre_met_on, prepared.letter_read_on) == (TODAY, TODAY, TODAY)
    assert (prepared.is_ready, prepared.ready_on, prepared.plan_needed) == (True, TODAY, False)
    assert (consent.consented, consent.given_on, consent.guardian_consented) == (True, TODAY, True)
    assert (consent.guardian_manner, consent.guardian_name, consent.guardian_on) == ("phone", "Elena Reyes", TODAY)
    assert [(one.name, one.relation) for one in around.supporters] == [("Ms. Ortega", "staff")]
    assert around.preparations[caused.id].first_contact_on == TODAY - timedelta(days=1)
    assert around.keeper_names == {world.coordinator.id: world.coordinator.name}, "the trained lead keeps it"


def test_a_page_that_was_saved_in_part_says_what_is_on_record_and_chooses_nothing(world: World, client_as: Any) -> None:
    circle, caused = make_circle(world), world.people[0].id
    client, address = client_as(world.coordinator), page_of(circle, world.people[0])
    assert not chosen(client.page(address))
    client.submit(address, {"talked": "another", "day": "2026-11-20", "manner": "phone", "done": ["letter", "pre_met"]})
    client.submit(address, {"answer": "yes", "ready": "yes"})
    page = client.page(address)
    assert not chosen(page)
    for line in (
        "First contact · Fri, Nov 20 · Phone call",
        "Pre-meeting held · Fri, Nov 20",
        "Wants to take part · Tue,",
    ):
        assert line in page.text, line
    client.submit(address, {"plan_needed": "no"})
    around = circle_now(circle)
    assert around.consents[caused].consented and around.preparations[caused].is_ready
    assert around.preparations[caused].pre_met_on == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Nothing is filled in yet"),
        ({"talked": "not_yet"}, "Nothing is filled in yet"),
        ({"done": ["pre_met"]}, "Say on which day you talked."),
        ({"talked": "not_yet", "done": ["pre_met"]}, "You chose Not yet"),
        ({"talked": "another", "manner": "phone"}, "Choose the day."),
        ({"talked": "another", "day": "2026-11-30", "manner": "phone"}, "Choose today or an earlier day."),
        ({"talked": "today", "done": ["pre_met"]}, "Choose how you talked."),
        ({"ready": "yes"}, "Meet with this person alone first"),
        ({"supporter": "Aunt Marisol"}, "Choose the relationship."),
    ],
)
def test_what_cannot_be_is_refused_whole_and_every_answer_stays(
    world: World, client_as: Any, session: Any, said: dict[str, Any], words: str
) -> None:
    circle, client = make_circle(world), client_as(world.coordinator)
    answer = client.submit(page_of(circle, world.people[0]), {"answer": "not_asked", "guardian_name": "Rosa"} | said)
    assert answer.status_code == 400
    assert words in answer.text and "Rosa" in answer.text
    assert not session.scalars(select(CirclePreparation)).all() and not session.scalars(select(CircleConsent)).all()


def test_not_now_is_no_refusal_calls_a_planned_circle_off_and_is_asked_again(world: World) -> None:
    circle, harmed = ready_circle(world), world.people[1].id
    meeting = plan(world, circle)
    call = Invocation(world.actor, NOW)
    visit(call, circle.id, harmed, answer=PartyAnswer.NOT_NOW)
    around = circle_now(circle)
    assert (around.consents[harmed].consented, around.consents[harmed].not_now) == (None, True)
    assert around.waiting is None and not any(one.refused for one in around.requirements_on(TODAY))
    assert next(one.id for one in around.meetings if one.happened is False) == meeting
    visit(call, circle.id, harmed, answer=PartyAnswer.YES)
    assert shut(circle) == []


def test_a_guardian_who_is_not_reached_is_tried_again_and_no_call_is_closed(world: World, session: Any) -> None:
    circle, call = make_circle(world), Invocation(world.actor, NOW)
    person = world.people[0].id
    visit(call, circle.id, person, guardian=GuardianAnswer.NOT_REACHED)
    around = circle_now(circle)
    assert around.preparations[person].guardian_tried_on == TODAY and not around.consents
    visit(call, circle.id, person, guardian=GuardianAnswer.PAPER)
    consent = circle_now(circle).consents[person]
    assert (consent.consented, consent.guardian_consented, consent.guardian_manner) == (None, True, "paper")
    assert fresh(circle).offered_on is None, "the party was not asked yet"
    visit(call, circle.id, person, answer=PartyAnswer.YES)
    assert circle_now(circle).consents[person].guardian_consented, "what the guardian said stands"


def test_a_safety_plan_that_is_needed_is_a_gate_and_is_asked_for_once(world: World, session: Any) -> None:
    circle, harmed = ready_circle(world), world.people[1].id
    plan(world, circle)
    for _again in range(2):
        visit(Invocation(world.actor, NOW), circle.id, harmed, plan_needed=True)
    assert shut(circle) == ["plan"] and circle_now(circle).waiting is None
    made = session.scalars(select(FollowUp).where(FollowUp.kind == "safety_plan")).all()
    assert [(one.participant_id, one.due_on) for one in made] == [(harmed, TODAY + timedelta(days=1))]
    visit(Invocation(world.actor, NOW), circle.id, harmed, plan_needed=False)
    assert shut(circle) == []


def test_the_lead_keeps_the_circle_only_where_trained_and_where_nobody_ever_kept_it(world: World) -> None:
    circle = make_circle(world)
    record_support(Invocation(world.actor, NOW), circle.id, world.people[1].id, TODAY)
    assert circle_now(circle).keeper_names == {}
    train(world, world.coordinator)
    other = make_user(world.school, Role.COORDINATOR, "Ines Park")
    train(world, other)
    record_support(Invocation(world.actor, NOW), circle.id, world.people[1].id, TODAY)
    assert list(circle_now(circle).keeper_names) == [world.coordinator.id]


def test_save_then_goes_on_to_the_next_party_and_to_the_day(world: World, client_as: Any) -> None:
    circle, (caused, harmed) = make_circle(world), world.people
    train(world, world.coordinator)
    client = client_as(world.coordinator)
    on = client.submit(page_of(circle, caused), ALL | {"then": "next"})
    assert on.headers["Location"].endswith(page_of(circle, harmed))
    assert "Save, then schedule" in client.page(page_of(circle, harmed)).text
    last = client.submit(page_of(circle, harmed), ALL | {"then": "next"})
    assert last.headers["Location"].endswith("/meeting")
    assert shut(circle) == ["screen"]


def test_an_ended_circle_asks_only_for_a_no(world: World, client_as: Any) -> None:
    circle = ready_circle(world)
    row = fresh(circle)
    row.state, row.ended_at = PathwayState.DECLINED, NOW
    db.session.commit()
    client, person = client_as(world.coordinator), world.people[0]
    form = client.form(page_of(circle, person))
    assert {"answer", "guardian"} <= set(form.names) and not {"done", "ready", "supporter"} & set(form.names)
    assert client.submit(page_of(circle, person), {"answer": "no"}).status_code == 303
    assert circle_now(circle).consents[person.id].consented is False
    with pytest.raises(Refused):
        visit(Invocation(world.actor, NOW), circle.id, person.id, ready=True)


def test_nobody_prepares_whom_the_circle_does_not_invite(world: World) -> None:
    circle = make_circle(world)
    with pytest.raises(NotFound):
        visit(Invocation(world.actor, NOW), circle.id, 10**6, on=TODAY)
