"""The life of agreement terms: no walk of acts leaves the table, and no circle ends before its agreement did."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.cases.making import NOW, make_user, make_world
from tests.pathways.circles.held import DUE, agreed, held_circle, hold
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.circles.agreements import term_changes
from wss_cases.pathways.circles.agreements.pages import complete_circle, sign
from wss_cases.pathways.circles.circle.models import TERM_TRANSITIONS, MeetingKind, TermState
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms import (
    AgreementTerm,
    AgreementTermConsent,
    SignatureManner,
    WithoutMeeting,
    completion_held,
    open_terms,
)
from wss_cases.pathways.common.models import PathwayState, outcomes_for
from wss_cases.pathways.common.queries import load_pathway

WHICH = st.integers(0, 7)


class Terms(RuleBasedStateMachine):
    """Acts on one agreement, in any order; what each term was before an act is remembered."""

    @initialize(count=st.integers(1, 3))
    def agree(self, count: int) -> None:
        world = make_world()
        self.circle = held_circle(world)
        self.circle_id = self.circle.id
        self.actor, self.parties = world.actor, [person.id for person in world.people]
        self.keeper_id = make_user(world.school).id
        agreed(world, self.circle, *(f"Promise {number}" for number in range(count)))
        self.seen: dict[int, TermState] = {}
        self.look()

    def look(self) -> None:
        """Read the circle and its pathway anew."""
        db.session.expire_all()
        row = load_pathway(self.circle_id)
        assert row is not None
        self.row, self.now = row, circle_of(row)
        self.agreement = self.now.agreement

    def term(self, which: int) -> AgreementTerm:
        self.look()
        return self.agreement.terms[which % len(self.agreement.terms)]

    @rule(which=WHICH, state=st.sampled_from(TermState))
    def mark(self, which: int, state: TermState) -> None:
        term = self.term(which)
        term_id, before = term.id, term.state
        try:
            term_changes.update_term(Invocation(self.actor, NOW), term_id, state=state)
        except Refused:
            return
        assert state in TERM_TRANSITIONS[before]

    @rule(which=WHICH, days=st.integers(-9, 30), by=st.sets(st.integers(0, 1)))
    def change(self, which: int, days: int, by: set[int]) -> None:
        term = self.term(which)
        signed = {row.participant_id for row in self.agreement.signatures}
        consented = [self.parties[number] for number in by]
        another = {"text": "Another way", "due_on": DUE + timedelta(days=days), "consented": consented}
        try:
            term_changes.update_term(Invocation(self.actor, NOW), term.id, state=TermState.CHANGED, **another)
        except Refused:
            return
        assert (signed or set(self.parties)) <= set(consented)

    @rule(who=st.integers(0, 1))
    def sign(self, who: int) -> None:
        key = f"party-{self.parties[who]}"
        with suppress(Refused):
            sign(
                Invocation(self.actor, NOW), self.circle_id, signers=[key], manner=SignatureManner.SPOKEN,
                signed_on=NOW.date(),
            )  # fmt: skip

    @rule()
    def meet_again(self) -> None:
        self.look()
        if not completion_held(self.now):
            hold(self.row, db.session.get_one(UserAccount, self.keeper_id), MeetingKind.COMPLETION)

    @rule(
        outcome=st.sampled_from(["", *outcomes_for("circle")]),
        why=st.one_of(st.none(), st.sampled_from(WithoutMeeting)),
    )
    def complete(self, outcome: str, why: WithoutMeeting | None) -> None:
        with suppress(Refused):
            complete_circle(Invocation(self.actor, NOW), self.circle_id, outcome=outcome, without_meeting=why)

    @invariant()
    def everything_fits(self) -> None:
        self.look()
        self.terms_only_take_steps_of_the_table()
        self.a_changed_term_has_one_after_it_and_everybody_consented()
        self.every_open_term_is_followed_up()
        self.no_circle_ends_before_its_agreement()

    def terms_only_take_steps_of_the_table(self) -> None:
        for term in self.agreement.terms:
            before = self.seen.get(term.id, TermState.OPEN)
            assert term.state is before or term.state in TERM_TRANSITIONS[before]
            self.seen[term.id] = term.state

    def a_changed_term_has_one_after_it_and_everybody_consented(self) -> None:
        terms = self.agreement.terms
        after = {term.replaces_id: term.id for term in terms if term.replaces_id is not None}
        assert {term.id for term in terms if term.state is TermState.CHANGED} == set(after)
        if after:
            consented = select(AgreementTermConsent.term_id)
            assert set(after.values()) <= set(db.session.scalars(consented))

    def every_open_term_is_followed_up(self) -> None:
        live = self.row.state is PathwayState.ACTIVE
        found = select(FollowUp).where(FollowUp.pathway_id == self.circle_id)
        follow_ups = {row.id: row for row in db.session.scalars(found)}
        for term in self.agreement.terms:
            waits = follow_ups[term.follow_up_id].state is FollowUpState.OPEN
            assert waits == (live and term.state is TermState.OPEN)
        ends = [
            row.due_on
            for row in follow_ups.values()
            if row.kind == "completion_meeting" and row.state is FollowUpState.OPEN
        ]
        latest = max((term.due_on for term in open_terms(self.agreement)), default=date.min)
        assert [due >= latest for due in ends] == ([True] if live else [])

    def no_circle_ends_before_its_agreement(self) -> None:
        if self.row.state is PathwayState.COMPLETED:
            assert self.row.outcome.startswith("agreement_")
            assert open_terms(self.agreement) == []
            assert completion_held(self.now) or self.agreement.without_meeting is not None
        else:
            assert self.row.outcome == ""


def test_terms_keep_to_their_table(session):
    run_state_machine_as_test(
        Terms,
        settings=settings(
            max_examples=examples(3, 15),
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
