"""A circle and its agreement, from the meeting to the end, through the use cases, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.making import LATER, answer, plan, ready_circle, terms
from wss_cases.access.actor import Invocation
from wss_cases.cases.case.models import CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.pathways.circles.agreements import pages as agreements
from wss_cases.pathways.circles.agreements import term_changes
from wss_cases.pathways.circles.agreements.pages import TermDraft, complete_circle
from wss_cases.pathways.circles.circle.models import MeetingState, TermState
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms import WithoutMeeting
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.common.queries import load_pathway

APART = WithoutMeeting.APART
DUE = LATER + timedelta(days=8)


@pytest.fixture
def circle(world):
    return ready_circle(world)


def hold(world, circle):
    answer(world, circle, plan(world, circle), MeetingState.HELD)


def test_from_consent_to_a_kept_agreement(world, circle):
    assert fresh(circle).state is PathwayState.PREPARING
    assert fresh(circle).offered_by_id == world.coordinator.id
    hold(world, circle)
    assert fresh(circle).state is PathwayState.ACTIVE
    assert fresh(circle).held_on == date(2026, 11, 26)
    agreements.make_agreement(Invocation(world.actor, LATER + timedelta(hours=2)), circle.id, terms(world, 1, 2))
    assert fresh(world.case).state is CaseState.MONITORING
    made = db.session.scalars(select(FollowUp).where(FollowUp.case_id == world.case.id)).all()
    assert [row.kind for row in made].count("agreement_term") == 2
    first, second = circle_of(load_pathway(circle.id)).agreement.terms
    with pytest.raises(Refused, match="1, 2"):
        complete_circle(Invocation(world.actor, LATER), circle.id, outcome="agreement_kept", without_meeting=APART)
    term_changes.update_term(Invocation(world.actor, DUE, version=first.version), first.id, state=TermState.KEPT)
    assert fresh(db.session.get(FollowUp, first.follow_up_id)).outcome == "kept"
    with pytest.raises(Refused):
        term_changes.update_term(Invocation(world.actor, DUE), first.id, state=TermState.NOT_KEPT)
    stale = Invocation(world.actor, DUE, version=second.version + 1)
    with pytest.raises(Stale):
        term_changes.update_term(stale, second.id, state=TermState.LATE)
    term_changes.update_term(Invocation(world.actor, DUE, version=second.version), second.id, state=TermState.LATE)
    complete_circle(Invocation(world.actor, LATER), circle.id, outcome="agreement_kept", without_meeting=APART)
    assert fresh(circle).outcome == "agreement_kept"
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert said[0] == "Peer conference completed: Agreement made and kept"
    assert "Term 1 of the agreement: Done" in said
    assert all("%(" not in words for words in said)


def test_check_ins_outlive_the_circle(world, circle):
    hold(world, circle)
    agreements.make_agreement(Invocation(world.actor, LATER), circle.id, terms(world, 1))
    (term,) = circle_of(load_pathway(circle.id)).agreement.terms
    term_changes.update_term(Invocation(world.actor, DUE), term.id, state=TermState.KEPT)
    complete_circle(Invocation(world.actor, LATER), circle.id, outcome="agreement_kept", without_meeting=APART)
    check_ins = db.session.scalars(
        select(FollowUp).where(FollowUp.case_id == world.case.id, FollowUp.kind == "agreement_check_in")
    ).all()
    assert [row.state for row in check_ins] == [FollowUpState.OPEN] * 3


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("none", "at least one term"),
        ("blank", "write what was agreed"),
        ("past", "today or a later day"),
        ("stranger", "person from this circle"),
        ("staff elsewhere", "person from this circle"),
    ],
)
def test_agreements_that_are_refused(world, circle, bad, why):
    hold(world, circle)
    draft = TermDraft("Sorry", None, date(2026, 12, 1), "")
    drafts = {
        "none": [],
        "blank": [replace(draft, text="  ")],
        "past": [replace(draft, due_on=date(2026, 11, 1))],
        "stranger": [replace(draft, owner_participant_id=10**6), draft],
        "staff elsewhere": [replace(draft, owner_user_id=make_user(make_world().school).id)],
    }
    with pytest.raises(Refused, match=why):
        agreements.make_agreement(Invocation(world.actor, LATER), circle.id, drafts[bad])
    assert circle_of(load_pathway(circle.id)).agreement is None


def test_no_agreement_before_the_meeting(world, circle):
    with pytest.raises(Refused):
        agreements.make_agreement(Invocation(world.actor, NOW), circle.id, terms(world, 1))
    with pytest.raises(Refused):
        complete_circle(Invocation(world.actor, NOW), circle.id, outcome="held_without_agreement")
