"""The common life of a pathway: every walk through its acts stays inside the table, on both databases."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from tests.cases.making import NOW, TODAY, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.support.depth import examples
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseState
from wss_cases.casework import pathway_page
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.making import make
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common import pages as life
from wss_cases.pathways.common.models import (
    ENDED,
    OUTCOMES,
    TRANSITIONS,
    EndReason,
    Pathway,
    PathwayState,
    outcomes_for,
)
from wss_cases.pathways.conversations import log_conversation
from wss_cases.pathways.mentoring.course import save_plan as save_mentoring
from wss_cases.pathways.mentoring.plan.models import OWN_RHYTHM, Cadence
from wss_cases.pathways.mentoring.plan.queries import plan_of
from wss_cases.pathways.reengagement.pages import save_plan as save_return
from wss_cases.pathways.referrals.case_page import draft as draft_referral
from wss_cases.routing.engine.vocabulary import Kind

ACTS = {
    "offer": lambda w, row: life.offer(Invocation(w.actor, NOW), row.id, by=w.coordinator.id, on=TODAY),
    "accept": lambda w, row: life.accept(Invocation(w.actor, NOW), row.id, on=TODAY),
    "start": lambda w, row: life.start(Invocation(w.actor, NOW), row.id, on=TODAY),
    "complete": lambda w, row: life.complete(
        Invocation(w.actor, NOW), row.id, outcome=next(iter(outcomes_for(row.pathway)))
    ),
    "end": lambda w, row: pathway_page.end_early(Invocation(w.actor, NOW), row.id, EndReason.NO_CONTACT, ""),
    "decline": lambda w, row: pathway_page.decline(Invocation(w.actor, NOW), row.id),
    "log": lambda w, row: talk(w, row, "understood"),
    "log without an outcome": lambda w, row: talk(w, row, ""),
}


def talk(world, row, outcome):
    log_conversation(Invocation(world.actor, NOW), row.id, held_on=TODAY, outcome=outcome)


@pytest.fixture
def world(session):
    return make_world()


@pytest.fixture
def mentoring(world):
    return PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind="one_to_one")


@pytest.mark.parametrize("kind", ["one_to_one", "conversation"])
@settings(
    max_examples=examples(8, 20), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(walk=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=7))
def test_no_walk_leaves_the_table(session, kind, walk):
    world = make_world()
    row = PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind=kind)
    for act in walk:
        before = fresh(row).state
        try:
            ACTS[act](world, row)
        except (Refused, NotFound):
            assert fresh(row).state is before
            assert act not in ("end", "decline") or before in ENDED
            continue
        after = fresh(row).state
        if act == "log":
            assert after is PathwayState.COMPLETED
        else:
            assert after is before or after in TRANSITIONS[before]
        assert act != "log without an outcome"
        assert before not in ENDED
    final = fresh(row)
    assert (final.state is PathwayState.COMPLETED) == (final.outcome != "")
    assert (final.state in ENDED) == (final.ended_at is not None)


@pytest.mark.both_databases
def test_the_database_refuses_what_the_table_does(world, mentoring):
    for values in (
        {"state": PathwayState.ACTIVE},
        {"state": PathwayState.PREPARING},
        {"state": PathwayState.DECLINED},
        {"state": PathwayState.COMPLETED, "ended_at": NOW, "accepted_on": TODAY, "started_on": TODAY},
        {"state": PathwayState.ENDED_EARLY, "ended_at": NOW},
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(update(Pathway.__table__).where(Pathway.__table__.c.id == mentoring.id).values(**values))


def test_from_offer_to_outcome(world, mentoring):
    life.offer(Invocation(world.actor, NOW), mentoring.id, by=world.coordinator.id, on=TODAY)
    life.accept(Invocation(world.actor, NOW), mentoring.id, on=TODAY)
    assert fresh(world.case).state is CaseState.PREPARING
    life.start(Invocation(world.actor, NOW), mentoring.id, on=TODAY)
    assert fresh(world.case).state is CaseState.IN_PROCESS
    life.plan(
        Invocation(world.actor, NOW),
        mentoring.id,
        next_step="First meeting",
        next_step_on=date(2026, 12, 1),
        owner=world.coordinator.id,
    )
    assert fresh(mentoring).next_step == "First meeting"
    with pytest.raises(Refused):
        life.complete(Invocation(world.actor, NOW), mentoring.id, outcome="agreement_kept")
    life.complete(Invocation(world.actor, NOW), mentoring.id, outcome="goal_reached", note="Well done.")
    assert fresh(mentoring).state is PathwayState.COMPLETED


def test_ending_cancels_what_was_open(world, mentoring):
    with unit_of_work(world.actor, NOW) as uow:
        row = make(
            uow, school_id=world.school.id, kind="other", owner_id=None, due_on=TODAY, case_id=world.case.id,
            pathway_id=mentoring.id,
        )  # fmt: skip
    pathway_page.decline(Invocation(world.actor, NOW), mentoring.id)
    assert db.session.get(FollowUp, row.id).state == "cancelled"


def test_refusals(world, mentoring):
    reporter = make_user(world.school, Role.REPORTER)
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Refused):
        life.offer(Invocation(world.actor, NOW), mentoring.id, by=reporter.id, on=TODAY)
    with pytest.raises(Refused):
        life.offer(Invocation(world.actor, NOW), mentoring.id, by=world.coordinator.id, on=tomorrow)
    with pytest.raises(Stale):
        life.accept(Invocation(world.actor, NOW, version=mentoring.version + 1), mentoring.id, on=TODAY)
    with pytest.raises(NotFound):
        life.accept(Invocation(world.actor, NOW), 10**9, on=TODAY)
    circle = PathwayFactory(case_id=world.case.id, school_id=world.school.id, state=PathwayState.PREPARING)
    with pytest.raises(Refused):
        life.start(Invocation(world.actor, NOW), circle.id, on=TODAY)
    with pytest.raises(Refused):
        life.complete(Invocation(world.actor, NOW), circle.id, outcome="agreement_kept")


def test_a_closed_case_takes_no_work(session):
    world = make_world(state=CaseState.CLOSED, result="repaired")
    with pytest.raises(Refused):
        life.add_pathway(Invocation(world.actor, NOW), world.case.id, kind="academic", for_whom="harmed")


def test_every_kind_has_words_and_outcomes():
    assert all(kind.label for kind in Kind)
    assert all(outcomes_for(family) for family in OUTCOMES)
    assert outcomes_for("nothing") == {}


def test_what_each_family_has_of_its_own(world, mentoring):
    course = {"preset": OWN_RHYTHM, "rhythm": Cadence.WEEKLY, "starts_on": TODAY}
    save_mentoring(Invocation(world.actor, NOW), mentoring.id, goal="Calm starts", **course)
    save_mentoring(Invocation(world.actor, NOW), mentoring.id, goal="Calm ends", **course)
    assert plan_of(mentoring.id).goal == "Calm ends"
    with pytest.raises(NotFound):
        draft_referral(Invocation(world.actor, NOW), mentoring.id, partner=None, student=None, need="Help.")
    with pytest.raises(NotFound):
        save_return(Invocation(world.actor, NOW), mentoring.id, return_on=TODAY)
    with pytest.raises(NotFound):
        talk(world, mentoring, "understood")
