"""A safety plan through its pages: written, agreed, on paper, reviewed, changed, ended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import GuardianTold, PlanAnswer, PlanState, SafetyPlan
from wss_cases.cases.safety_plans import plans_of
from wss_cases.casework.safety_plans import acts
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import TimelineEntry

STEPS = "Ms. Rivera walks along to the bus. Jamie sits at the front."
FULL = {"steps": STEPS, "adults_told": "Ms. Rivera, homeroom", "seat": "Front row"}
TOLD = {"with_person": True, "agreed_on": NOW.date(), "guardian": GuardianTold.TOLD}


@pytest.fixture
def world(session: Any, at: Any) -> Any:
    at("2026-11-24 10:00")
    return make_world()


def written(world: Any, text: dict[str, str] = FULL) -> SafetyPlan:
    plan_id = acts.write(Invocation(world.actor, NOW), world.case.id, participant_id=world.people[1].id, **text)
    return db.session.get_one(SafetyPlan, plan_id)


def open_kinds(world: Any) -> list[str]:
    found = select(FollowUp.kind).where(FollowUp.case_id == world.case.id, FollowUp.state == FollowUpState.OPEN)
    return sorted(db.session.scalars(found))


def test_it_is_written_and_agreed_from_the_follow_up_that_asks_for_it(world: Any, client_as: Any) -> None:
    asks = FollowUpFactory(
        school_id=world.school.id,
        case_id=world.case.id,
        owner_id=world.coordinator.id,
        kind="safety_plan",
        incident_person_id=world.people[1].incident_person_id,
    )
    client = client_as(world.coordinator)
    page = client.get(f"/follow-ups/{asks.id}/safety-plan", follow_redirects=True)
    assert f"{world.students[1].shown_name}" in page.text
    client.submit(
        f"/cases/{world.case.id}/safety-plans/new?person={world.people[1].id}",
        {"steps": STEPS, "adults_told": "Ms. Rivera", "route": "By the main door"},
    )
    plan = plans_of(world.case.id)[0]
    assert plan.state is PlanState.DRAFT
    client.submit(f"/cases/{world.case.id}/safety-plans/{plan.id}/agree", {"with_person": "y", "guardian": "told"})
    assert fresh(plan).state is PlanState.AGREED
    assert (fresh(asks).state, fresh(asks).outcome) == (FollowUpState.DONE, "agreed")
    assert open_kinds(world) == ["safety_plan_review"]
    shown = client.get(f"/cases/{world.case.id}/safety-plans/{plan.id}")
    assert "Told, and gave input" in shown.text


def test_the_page_says_when_everyone_has_a_plan_and_not_before(world: Any, client_as: Any) -> None:
    client, address = client_as(world.coordinator), f"/cases/{world.case.id}/safety-plans/new"
    for person in world.people:
        assert "Everyone in this case has a safety plan." not in client.get(address).text
        acts.write(Invocation(world.actor, NOW), world.case.id, participant_id=person.id, **FULL)
    assert "Everyone in this case has a safety plan." in client.get(address).text


def test_its_page_keeps_every_answer_when_it_moves_the_person_harmed_unasked(world: Any, client_as: Any) -> None:
    client = client_as(world.coordinator)
    answer = client.submit(
        f"/cases/{world.case.id}/safety-plans/new",
        {"participant_id": str(world.people[1].id), "steps": STEPS, "moves_person_harmed": "y"},
    )
    assert answer.status_code == 400
    assert "never moved unless they ask" in answer.text and STEPS in answer.text
    assert plans_of(world.case.id) == []


def test_agreeing_needs_steps_adults_and_the_person(world: Any, client_as: Any) -> None:
    plan = written(world, {"steps": STEPS})
    client = client_as(world.coordinator)
    where = f"/cases/{world.case.id}/safety-plans/{plan.id}/agree"
    shown = client.page(where.removesuffix("/agree"))
    assert "Enter which adults are told before the plan is agreed." in shown.text
    assert where not in [link.get("href") for link in shown.find_all("a")]
    answer = client.submit(where, {"with_person": "y", "guardian": "told"})
    assert "which adults are told" in answer.text
    answer = client.submit(where, {"guardian": "told"})
    assert "agreed with the person it is for" in answer.text
    assert fresh(plan).state is PlanState.DRAFT


def test_the_sheet_names_no_other_student(world: Any, client_as: Any) -> None:
    other = world.students[0]
    text = {"steps": f"{other.given_name} sits elsewhere. Keep {other.shown_name} away.", "adults_told": "Mr. Ito"}
    plan = written(world, text)
    acts.agree(Invocation(world.actor, NOW), plan.id, **TOLD)
    page = client_as(world.coordinator).get(f"/cases/{world.case.id}/safety-plans/{plan.id}/sheet")
    assert world.students[1].shown_name in page.text
    assert other.given_name not in page.text and other.family_name not in page.text
    assert "another student sits elsewhere" in page.text


def test_a_guardian_who_was_not_reached_is_tried_again(world: Any) -> None:
    plan = written(world)
    acts.agree(Invocation(world.actor, NOW), plan.id, **TOLD | {"guardian": GuardianTold.NOT_REACHED})
    assert open_kinds(world) == ["guardian_contact", "safety_plan_review"]


def test_what_does_not_work_is_agreed_again(world: Any) -> None:
    plan = written(world)
    acts.agree(Invocation(world.actor, NOW), plan.id, **TOLD)
    acts.review(Invocation(world.actor, NOW), plan.id, answer=PlanAnswer.WORKS, note="")
    assert open_kinds(world) == ["safety_plan_review"]
    with pytest.raises(Refused):
        acts.review(Invocation(world.actor, NOW), plan.id, answer=PlanAnswer.CHANGED, note=" ")
    with pytest.raises(Refused, match="alid choice"):
        acts.review(
            Invocation(world.actor, NOW), plan.id, answer=PlanAnswer.HAPPENED_AGAIN, note="Shouted at on the bus."
        )
    acts.review(Invocation(world.actor, NOW), plan.id, answer=PlanAnswer.CHANGED, note="Another seat on the bus.")
    assert fresh(plan).state is PlanState.DRAFT and open_kinds(world) == ["safety_plan"]
    acts.agree(Invocation(world.actor, NOW), plan.id, **TOLD)
    acts.end(Invocation(world.actor, NOW), plan.id, why="They feel safe.")
    assert open_kinds(world) == [] and fresh(plan).ended_on == NOW.date()


def test_the_history_says_what_was_done_and_not_what_it_says(world: Any) -> None:
    plan = written(world)
    acts.agree(Invocation(world.actor, NOW), plan.id, **TOLD)
    entries = db.session.scalars(
        select(TimelineEntry).where(TimelineEntry.case_id == world.case.id, TimelineEntry.kind.like("safety%"))
    ).all()
    assert [entry.kind for entry in entries] == ["safety_plan.drafted", "safety_plan.agreed"]
    assert "Rivera" not in str([entry.data for entry in entries])


def test_another_school_has_no_part_in_it(world: Any) -> None:
    plan = written(world)
    stranger = actor_for(make_user(make_world().school, Role.COORDINATOR))
    for act in (
        lambda: acts.write(Invocation(stranger, NOW), world.case.id, participant_id=world.people[0].id, **FULL),
        lambda: acts.agree(Invocation(stranger, NOW), plan.id, **TOLD),
        lambda: acts.end(Invocation(stranger, NOW), plan.id, why="x"),
    ):
        with pytest.raises(NotFound):
            act()
