"""Every walk through the acts of mentoring: places are never overfull, and what is completed has its outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text, update

from tests.cases.making import TODAY
from tests.factories.base import fresh
from tests.factories.mentoring import MentorFactory, MentoringGroupFactory
from tests.pathways.mentoring.making import NOW, make_mentored, make_pathway, match
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.casework import pathway_page
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.pathways.common import pages as life
from wss_cases.pathways.common.models import ENDED, LIVE, TRANSITIONS, EndReason, Pathway, PathwayState
from wss_cases.pathways.mentoring import mentors
from wss_cases.pathways.mentoring.course import finish, review
from wss_cases.pathways.mentoring.plan.models import After, GoesOn, Mentor, Missed
from wss_cases.pathways.mentoring.plan.queries import LOGGED, plan_of, session_on
from wss_cases.pathways.mentoring.sessions import DayAnswer, log_session
from wss_cases.routing.engine.vocabulary import Kind

ROWS, MENTORS = 5, 2
which = st.integers(0, ROWS - 1)
whose = st.integers(0, MENTORS - 1)

OVERFULL = {
    "mentor": """
        SELECT count(*) FROM mentor WHERE capacity < (
            SELECT count(*) FROM mentoring_plan JOIN pathway ON pathway.id = mentoring_plan.pathway_id
            WHERE mentor_id = mentor.id AND group_id IS NULL AND ended_at IS NULL)""",
    "group": """
        SELECT count(*) FROM mentoring_group WHERE capacity < (
            SELECT count(*) FROM mentoring_plan JOIN pathway ON pathway.id = mentoring_plan.pathway_id
            WHERE group_id = mentoring_group.id AND ended_at IS NULL)""",
}
ASTRAY = """
    SELECT count(*) FROM mentoring_plan JOIN pathway ON pathway.id = mentoring_plan.pathway_id
    JOIN mentor ON mentor.id = mentoring_plan.mentor_id WHERE ended_at IS NULL AND NOT mentor.is_active"""
NO_OUTCOME = "SELECT count(*) FROM pathway WHERE (state = 'completed') <> (outcome <> '')"


def count(sql: str) -> int:
    found: int = db.session.execute(text(sql)).scalar_one()
    return found


class Mentoring(RuleBasedStateMachine):
    """Five pathways, three of them for a group, and two mentors with few places."""

    def __init__(self) -> None:
        super().__init__()
        self.made = make_mentored(capacity=1)
        school_id = self.made.world.school.id
        self.mentors = [self.made.mentor, MentorFactory(school_id=school_id, capacity=1)]
        self.group = MentoringGroupFactory(school_id=school_id, mentor_id=self.made.mentor.id, capacity=2)
        kinds = [Kind.ONE_TO_ONE, Kind.ONE_TO_ONE, Kind.GROUP, Kind.GROUP, Kind.GROUP]
        self.rows = [make_pathway(self.made.world, kind) for kind in kinds]
        self.seen = {row.id: PathwayState.PROPOSED for row in self.rows}

    @initialize(unmatched=st.integers(0, 5))
    def begin(self, unmatched: int) -> None:
        """Most are matched when the walk begins, so that every place is taken."""
        for number in range(4):
            if number != unmatched - 1:
                self.match(number, number % 2, agreed=True, later=False)
        self.what_is_completed_has_its_outcome()

    def pick(self, number: int, *states: PathwayState) -> Any:
        fitting = [row for row in self.rows if self.seen[row.id] in states]
        return fitting[number % len(fitting)] if fitting else self.rows[number]

    def act(self, deed: Any) -> bool:
        try:
            deed()
        except (Refused, NotFound):
            return False
        return True

    @rule(number=which, mentor=whose, agreed=st.booleans(), later=st.booleans())
    def match(self, number: int, mentor: int, agreed: bool, later: bool) -> None:
        row = self.rows[number]
        chosen = self.group.id if row.kind == Kind.GROUP else self.mentors[mentor].id
        starts_on = TODAY + timedelta(days=7 if later else 0)
        self.act(lambda: match(self.made, row, chosen, agreed=agreed, starts_on=starts_on))

    @rule(number=which)
    def accept(self, number: int) -> None:
        row = self.pick(number, PathwayState.PROPOSED)
        self.act(lambda: life.accept(Invocation(self.made.actor, NOW), row.id, on=TODAY))

    @rule(number=which, back=st.integers(0, 9), missed=st.sampled_from([None, *Missed]), mentor=st.booleans())
    def log(self, number: int, back: int, missed: Missed | None, mentor: bool) -> None:
        row, day = self.pick(number, *LOGGED), TODAY - timedelta(days=back)
        actor = self.made.as_mentor if mentor else self.made.actor
        kept = session_on(row.id, day)
        said = DayAnswer(missed=missed) if missed else DayAnswer(minutes=20)
        before = fresh(row).state
        if self.act(lambda: log_session(Invocation(actor, NOW), row.id, day, said, kept.version if kept else None)):
            assert before in LOGGED
            assert plan_of(row.id).mentor_user_id == actor.user_id or not mentor
            assert session_on(row.id, day).missed is missed
            assert missed is not None or fresh(row).state is PathwayState.ACTIVE

    @rule(number=which, goes_on=st.sampled_from(GoesOn))
    def review(self, number: int, goes_on: GoesOn) -> None:
        row = self.pick(number, PathwayState.ACTIVE)
        done = self.act(
            lambda: review(
                Invocation(self.made.actor, NOW),
                row.id,
                stands="goal_partly_reached",
                goes_on=goes_on,
                note="A note",
                next_on=TODAY + timedelta(days=30),
            )
        )
        assert done == (fresh(row).state is PathwayState.ACTIVE and plan_of(row.id) is not None)

    @rule(number=which, outcome=st.sampled_from(["goal_reached", "goal_not_reached", "", "agreement_kept"]))
    def complete(self, number: int, outcome: str) -> None:
        row = self.pick(number, PathwayState.ACTIVE)
        before = fresh(row).state
        done = self.act(lambda: self.end_well(row, outcome))
        assert done == (before is PathwayState.ACTIVE and outcome.startswith("goal_"))

    def end_well(self, row: Any, outcome: str) -> None:
        finish(Invocation(self.made.actor, NOW), row.id, how=outcome, after=After.NOTHING)

    @rule(number=which, declined=st.booleans())
    def leave(self, number: int, declined: bool) -> None:
        """Leaving is possible from every state in which there is something to leave."""
        row = self.rows[number]
        before, actor = fresh(row).state, self.made.actor
        if declined:
            done = self.act(lambda: pathway_page.decline(Invocation(actor, NOW), row.id))
        else:
            done = self.act(lambda: pathway_page.end_early(Invocation(actor, NOW), row.id, EndReason.NO_CONTACT, ""))
        assert done == (before in LIVE)

    @rule(mentor=whose, rematch=st.booleans())
    def end_mentor(self, mentor: int, rematch: bool) -> None:
        one = self.mentors[mentor]
        self.act(lambda: mentors.end_mentor(Invocation(self.made.actor, NOW), one.id, rematch=rematch))

    @rule(mentor=whose)
    def bring_back(self, mentor: int) -> None:
        mentors.bring_back(Invocation(self.made.actor, NOW), self.mentors[mentor].id)

    @rule(mentor=whose, capacity=st.integers(0, 2))
    def resize(self, mentor: int, capacity: int) -> None:
        one = fresh(self.mentors[mentor])
        data = {"kind": one.kind, "user_id": one.user_id, "name": one.name, "organisation": one.organisation}
        self.act(lambda: mentors.change_mentor(Invocation(self.made.actor, NOW), one.id, **data, capacity=capacity))

    @invariant()
    def no_place_is_given_twice(self) -> None:
        assert {name: count(sql) for name, sql in OVERFULL.items()} == {"mentor": 0, "group": 0}
        assert count(ASTRAY) == 0

    @invariant()
    def what_is_completed_has_its_outcome(self) -> None:
        assert count(NO_OUTCOME) == 0
        found = select(Pathway.id, Pathway.state).where(Pathway.id.in_(list(self.seen)))
        for pathway_id, state in db.session.execute(found):
            before = self.seen[pathway_id]
            assert state is before or reachable(before, state)
            self.seen[pathway_id] = state

    @invariant()
    def nothing_stays_open_of_what_has_ended(self) -> None:
        ended = "pathway_id IN (SELECT id FROM pathway WHERE ended_at IS NOT NULL)"
        assert count(f"SELECT count(*) FROM follow_up WHERE state = 'open' AND {ended}") == 0


def reachable(before: PathwayState, state: PathwayState) -> bool:
    """Whether one act may lead there: a match with a yes takes two steps of the table at once."""
    steps = TRANSITIONS[before]
    return before in LIVE and (state in steps or any(state in TRANSITIONS[step] for step in steps - ENDED))


def test_every_walk_keeps_the_promises(session: Any) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Mentoring, settings=settings(max_examples=examples(4, 20), stateful_step_count=16)
    )


@pytest.mark.any_database("the fault is planted by hand")
def test_an_overfull_mentor_is_seen(session: Any) -> None:
    made = make_mentored(capacity=1)
    match(made, make_pathway(made.world))
    assert count(OVERFULL["mentor"]) == 0
    db.session.execute(update(Mentor).where(Mentor.id == made.mentor.id).values(capacity=0))
    assert count(OVERFULL["mentor"]) == 1
    with pytest.raises(Refused):
        match(made, make_pathway(made.world))
