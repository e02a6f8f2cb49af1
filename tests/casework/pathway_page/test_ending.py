"""A pathway that ends before its outcome leaves nothing that nobody can settle."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.held import agreed, circle_now, held_circle
from tests.pathways.circles.making import plan, ready_circle
from tests.pathways.referrals.making import draft, make_scene
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import AgreementKept, CaseResult, HarmedSays
from wss_cases.casework import pathway_page as pathway
from wss_cases.casework.case_page.acts import close
from wss_cases.casework.case_page.pages import blockers, left_open
from wss_cases.followups.core.models import FollowUp, FollowUpTemplate
from wss_cases.followups.core.states import LIAISON
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.circles.agreements import term_changes as actions_terms
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.common.models import EndReason, Pathway, PathwayState
from wss_cases.pathways.common.pages import add_pathway
from wss_cases.pathways.common.pages import plan as plan_pathway
from wss_cases.routing.engine.vocabulary import Kind


@pytest.fixture
def world(session):
    return make_world()


def end(world, row, how):
    if how == "declined":
        return pathway.decline(Invocation(world.actor, NOW), row.id)
    return pathway.end_early(Invocation(world.actor, NOW), row.id, EndReason.NO_CONTACT, "")


@pytest.mark.parametrize("how", ["declined", "ended"])
def test_a_meeting_that_was_planned_is_called_off(world, how):
    row = ready_circle(world)
    plan(world, row)
    end(world, row, how)
    circle = circle_now(row)
    assert circle.waiting is None
    assert [(one.happened, one.not_held_reason) for one in circle.meetings] == [(False, "called_off")]


@pytest.mark.parametrize("how", ["declined", "ended"])
def test_what_was_promised_is_still_followed_up_and_marked(world, client_as, how):
    row = held_circle(world)
    term = agreed(world, row).terms[0]
    end(world, row, how)
    kinds = db.session.scalars(select(FollowUp.kind).where(FollowUp.pathway_id == row.id, FollowUp.state == "open"))
    assert list(kinds) == ["agreement_term"]
    [left] = blockers(world.actor, world.case)
    assert left.words == "Agreement term not updated: number 1"
    page = client_as(world.coordinator).page(f"/cases/{world.case.id}/close")
    marked_at = f"/cases/{world.case.id}/pathways/{row.id}/terms/{term.id}"
    assert marked_at in [link.get("href") for link in page.find_all("a")], "the way to where it ends"
    people = [person.id for person in world.people]
    instead = {"state": TermState.CHANGED, "text": "Paint the door", "due_on": TODAY, "consented": people}
    with pytest.raises(Refused, match="has ended"):
        actions_terms.update_term(Invocation(world.actor, NOW), term.id, **instead)
    actions_terms.update_term(Invocation(world.actor, NOW), term.id, state=TermState.NOT_KEPT)
    assert blockers(world.actor, world.case) == []
    assert db.session.scalar(select(FollowUp.outcome).where(FollowUp.kind == "agreement_term")) == "not_kept"


def test_what_was_held_is_stopped_and_no_longer_declined(world, client_as):
    row = held_circle(world)
    agreed(world, row)
    address, client = f"/cases/{world.case.id}/pathways/{row.id}", client_as(world.coordinator)
    assert "Someone chose to stop" in client.page(address).text and "It was declined" not in client.page(address).text
    assert client.submit(f"{address}/decline", {}).status_code == 303
    page = client.page(address).text
    assert "ended: someone chose to stop" in page and "declined" not in page.lower()


def test_the_page_ends_a_pathway_as_it_was_shown(world, client_as):
    values = {"school_id": world.school.id, "kind": "conversation", "state": PathwayState.ACTIVE}
    row = PathwayFactory(case_id=world.case.id, **values)
    address, client = f"/cases/{world.case.id}/pathways/{row.id}/end", client_as(world.coordinator)
    assert client.submit(address, {}).status_code == 400
    assert client.submit(address, {"reason": "no_contact", "version": "0"}).status_code == 409
    assert client.submit(address, {"reason": "no_contact"}).status_code == 303
    ended = db.session.get_one(Pathway, row.id, populate_existing=True)
    assert (ended.state, ended.end_reason) == (PathwayState.ENDED_EARLY, EndReason.NO_CONTACT)


@pytest.mark.parametrize("how", ["declined", "ended"])
def test_a_draft_for_a_partner_does_not_keep_the_case_open(session, how):
    scene = make_scene()
    draft(scene)
    end(scene.world, scene.pathway, how)
    assert blockers(scene.world.actor, scene.world.case) == []


def test_closing_tells_nobody_but_the_coordinator_of_a_need_for_housing(session, at, client_as):
    at("2026-11-24 10:00")
    scene = make_scene(services=["housing_basic_needs"])
    case, school, coordinator = scene.world.case, scene.world.school, scene.world.coordinator
    scene.pathway.kind = Kind.HOUSING_BASIC_NEEDS.value
    db.session.commit()
    draft(scene)
    liaison = FollowUpFactory(case_id=case.id, school_id=school.id, owner_id=coordinator.id, kind=LIAISON)
    dean = make_user(school, Role.DEAN)
    words = [[one.words for one in blockers(actor, case)] for actor in (scene.world.actor, actor_for(dean))]
    assert words[0] == ["Pathway not ended: Basic needs support", f"Referral not ended: {scene.partner.name}"]
    assert words[1] == ["Something that only the coordinator sees has not ended. Ask the coordinator."]
    left = left_open(actor_for(dean), case.id)
    assert (left.of_others, left.own, left_open(scene.world.actor, case.id).own) == ([], [], [liaison])
    answers = {
        "result": CaseResult.REPAIRED, "agreement_kept": AgreementKept.NO_AGREEMENT,
        "harmed_says": HarmedSays.REPAIRED, "what_is_left": "Nothing.",
    }  # fmt: skip
    with pytest.raises(Refused, match=re.escape(words[1][0])):
        close(Invocation(actor_for(dean), NOW), case.id, **answers)
    end(scene.world, scene.pathway, "ended")
    assert close(Invocation(actor_for(dean), NOW), case.id, **answers) == case.id, (
        "nothing that they see speaks against"
    )
    assert db.session.get(FollowUp, liaison.id).state == "open", "whoever does it still does"
    for who, sees in ((dean, False), (coordinator, True)):
        history = client_as(who).page(f"/cases/{case.id}?tab=history").text
        assert ("Ended early: Basic needs support." in history) is sees
        assert ("What the record says" in history) is sees


@pytest.mark.parametrize("how", ["declined", "ended"])
def test_no_message_of_a_districts_own_tells_a_dean_that_it_ended(session, at, client_as, how):
    at("2026-11-24 10:00")
    scene = make_scene(services=["housing_basic_needs"])
    case, coordinator = scene.world.case, scene.world.coordinator
    dean = make_user(scene.world.school, Role.DEAN)
    scene.pathway.kind, scene.pathway.owner_id, case.lead_id = Kind.HOUSING_BASIC_NEEDS.value, None, dean.id
    event = "pathway_declined" if how == "declined" else "pathway_ended_early"
    own = {"title_en": "Basic needs have ended", "title_es": "Basic needs have ended", "starts_on": date(2026, 8, 1)}
    db.session.add(FollowUpTemplate(kind="other", event=event, due_in_school_days=1, owner_role="dean", **own))
    db.session.commit()
    end(scene.world, scene.pathway, how)
    [made] = db.session.scalars(select(FollowUp).where(FollowUp.kind == "other"))
    assert (made.owner_id, made.pathway_id) == (coordinator.id, scene.pathway.id)
    for who, sees in ((dean, False), (coordinator, True)):
        client = client_as(who)
        assert (client.get(f"/follow-ups/{made.id}").status_code == 200) is sees
        shown = [client.page(address).text for address in (f"/cases/{case.id}?tab=all", "/follow-ups?whose=school")]
        assert any("Basic needs have ended" in text for text in shown) is sees


def test_only_who_may_know_is_named_for_a_need_for_housing(session):
    world = make_world()
    dean, other = make_user(world.school, Role.DEAN), make_user(world.school)
    need = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind="housing_basic_needs", owner_id=world.coordinator.id
    )
    step = {"next_step": "Call", "next_step_on": TODAY}
    for owner, words in ((dean, "only coordinators see this"), (make_user(make_world().school), "Not a valid choice")):
        with pytest.raises(Refused, match="Not a valid choice") as refusal:
            plan_pathway(Invocation(world.actor, NOW), need.id, owner=owner.id, **step)
        assert refusal.value.field == "owner"
        with pytest.raises(Refused, match=words) as refusal:
            add_pathway(
                Invocation(world.actor, NOW), world.case.id, kind="housing_basic_needs", for_whom="both",
                owner_id=owner.id,
            )  # fmt: skip
        assert refusal.value.field == "owner_id"
    plan_pathway(Invocation(world.actor, NOW), need.id, owner=other.id, **step)
    assert db.session.get(Pathway, need.id).owner_id == other.id


def test_families_with_an_end_of_their_own_lead_there(world, client_as):
    client = client_as(world.coordinator)
    pages = {
        ("one_to_one", "end"): "finish",
        ("one_to_one", "complete"): "finish",
        ("family_support", "complete"): "referral/complete",
        ("peer_conference", "complete"): "complete-circle",
    }
    for (kind, act), page in pages.items():
        row = PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind=kind, state=PathwayState.ACTIVE)
        here = f"/cases/{world.case.id}/pathways/{row.id}"
        answer = client.get(f"{here}/{act}")
        assert (answer.status_code, answer.location) == (303, f"{here}/{page}")
