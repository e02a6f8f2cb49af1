"""A term that can be put right: not marked early, corrected with a reason, excused, renegotiated; another agreement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.base import fresh
from tests.pathways.circles.held import DUE, agreed, circle_now, drafts, held_circle, hold
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.pathways.circles.agreements import pages, term_changes
from wss_cases.pathways.circles.agreements.pages import sign
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import SignatureManner, open_terms
from wss_cases.pathways.common.models import Pathway

ON_THE_DAY = NOW + timedelta(days=7)


@pytest.fixture
def circle(world):
    return held_circle(world)


@pytest.fixture
def term(world, circle):
    return agreed(world, circle).terms[0]


def now_of(term: Any) -> Any:
    return fresh(term)


def mark(world: Any, term: Any, state: TermState, at: Any = NOW, why: str = "") -> None:
    term_changes.update_term(Invocation(world.actor, at), term.id, state=state, why=why)


@pytest.mark.parametrize("state", [TermState.KEPT, TermState.LATE])
def test_a_term_that_is_due_later_is_not_kept_today(world, circle, term, client_as, state):
    address = f"/cases/{circle.case_id}/pathways/{circle.id}/terms/{term.id}"
    refused = client_as(world.coordinator).submit(address, {"state": state.value})
    assert refused.status_code == 400 and "It is due on" in refused.text
    mark(world, term, state, ON_THE_DAY)
    assert now_of(term).state is state


def test_a_mistap_is_corrected_with_a_reason(world, circle, term, client_as):
    mark(world, term, TermState.NOT_KEPT)
    client = client_as(world.coordinator)
    base = f"/cases/{circle.case_id}/pathways/{circle.id}"
    assert "Correct" in client.page(f"{base}/agreement").text
    address = f"{base}/terms/{term.id}"
    assert client.submit(address, {"state": "open", "why": " "}).status_code == 400
    assert client.submit(address, {"state": "open", "why": "The wrong line"}).status_code == 303
    again = now_of(term)
    assert (again.state, again.decided_at, again.why) == (TermState.OPEN, None, "The wrong line")
    mark(world, term, TermState.KEPT, ON_THE_DAY)
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert "Term 1 of the agreement corrected: Not done → Open" in said
    assert "wrong line" not in str([row.changes for row in db.session.scalars(select(AuditEntry))])


def test_an_excuse_needs_a_reason_and_is_neither_kept_nor_broken(world, circle, term):
    with pytest.raises(Refused, match="reason it is excused"):
        mark(world, term, TermState.EXCUSED)
    mark(world, term, TermState.EXCUSED, why="She is in hospital")
    assert now_of(term).state is TermState.EXCUSED
    assert open_terms(circle_now(circle).agreement) == []


def test_a_term_is_renegotiated_with_new_words_day_and_owner(world, term, circle):
    people = [person.id for person in world.people]
    another = {"text": "Paint it together", "owner": people[1], "due_on": DUE + timedelta(days=9)}
    call = Invocation(world.actor, NOW)
    term_changes.update_term(call, term.id, state=TermState.CHANGED, consented=people, **another)
    new = circle_now(circle).agreement.terms[-1]
    assert (new.text, new.owner_participant_id, new.due_on) == ("Paint it together", people[1], another["due_on"])


def test_a_circle_that_met_again_makes_a_second_agreement(world, term, circle, client_as):
    with pytest.raises(Refused, match="meets again"):
        pages.make_agreement(Invocation(world.actor, NOW), circle.id, drafts(world, "Another"))
    key = f"party-{world.people[0].id}"
    sign(Invocation(world.actor, NOW), circle.id, signers=[key], manner=SignatureManner.SPOKEN, signed_on=TODAY)
    base = f"/cases/{circle.case_id}/pathways/{circle.id}"
    client = client_as(world.coordinator)
    assert "The circle meets again" in client.page(f"{base}/agreement").text
    later = NOW + timedelta(days=3)
    hold(circle, make_user(world.school), at=later)
    db.session.get_one(Pathway, circle.id).held_on = later.date()
    db.session.commit()
    assert "Record another agreement" in client.page(f"{base}/agreement").text
    assert client.page(f"{base}/agreement?again=1").find_all("form")
    made = pages.make_agreement(Invocation(world.actor, later), circle.id, drafts(world, "Another"))
    agreement = circle_now(circle).agreement
    assert agreement.id == made and [one.position for one in agreement.terms] == [1, 2]
    assert [one.agreed_on for one in agreement.terms] == [None, later.date()]
    sign(
        Invocation(world.actor, later), circle.id, signers=[key], manner=SignatureManner.SPOKEN, signed_on=later.date()
    )
