"""The life of links: no walk leaves the table, an answer is given once, and only the newest link opens."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.cases.making import NOW, make_world
from tests.pathways.circles.held import held_circle
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.circles.questionnaires import actions
from wss_cases.pathways.circles.questionnaires import pages as answering
from wss_cases.pathways.circles.questionnaires.models import LINK_TRANSITIONS, LinkState, Occasion, Questionnaire
from wss_cases.pathways.circles.questionnaires.queries import by_code, state_of

AFTER = Occasion.AFTER_MEETING
WHICH = st.integers(0, 5)


class Links(RuleBasedStateMachine):
    """Acts on the links of one circle, in any order, while time goes on."""

    @initialize()
    def meet(self) -> None:
        world = make_world()
        self.circle_id = held_circle(world).id
        self.actor, self.parties = world.actor, [person.id for person in world.people]
        self.now = NOW
        self.codes: dict[int, str] = {}
        self.dead: set[str] = set()
        self.seen: dict[int, LinkState] = {}
        self.said: dict[int, list[tuple[str, int]]] = {}
        self.ask(0)

    def rows(self) -> list[Questionnaire]:
        db.session.expire_all()
        mine = select(Questionnaire).where(Questionnaire.pathway_id == self.circle_id)
        return list(db.session.scalars(mine.order_by(Questionnaire.id)))

    def row(self, which: int) -> Questionnaire:
        rows = self.rows()
        return rows[which % len(rows)]

    @rule(who=st.integers(0, 1))
    def make(self, who: int) -> None:
        self.ask(who)

    def ask(self, who: int) -> None:
        """Make a link for one of the two, if they have none that stands."""
        key = f"party-{self.parties[who]}"
        standing = [row for row in self.rows() if row.participant_id == self.parties[who]]
        try:
            (link,) = actions.make_links(self.actor, self.circle_id, AFTER, [key], "", self.now)
        except Refused:
            assert any(row.revoked_at is None for row in standing)
        else:
            assert all(row.revoked_at is not None for row in standing)
            self.codes[link.questionnaire_id] = link.code

    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        row = self.row(which)
        try:
            link = actions.renew(self.actor, row.id, self.now)
        except Refused:
            return
        assert link is not None
        self.dead.add(self.codes[row.id])
        self.codes[row.id] = link.code

    @rule(which=WHICH)
    def revoke(self, which: int) -> None:
        row = self.row(which)
        try:
            answering.revoke(Invocation(self.actor, self.now), row.id)
        except Refused:
            assert state_of(row, self.now) in (LinkState.ANSWERED, LinkState.REVOKED)

    @rule(which=WHICH, value=st.integers(1, 5))
    def answer(self, which: int, value: int) -> None:
        row = self.row(which)
        found = answering.answer(row.id, {"heard": value}, "In my words", self.now)
        if found is LinkState.OPEN:
            assert row.id not in self.said
            self.said[row.id] = [("heard", value)]

    @rule(days=st.integers(1, 10))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def links_only_take_steps_of_the_table(self) -> None:
        for row in self.rows():
            state, before = state_of(row, self.now), self.seen.get(row.id, LinkState.OPEN)
            assert state is before or state in LINK_TRANSITIONS[before]
            self.seen[row.id] = state

    @invariant()
    def answers_stand_as_they_were_given(self) -> None:
        for row in self.rows():
            assert [(one.question, one.value) for one in row.answers] == self.said.get(row.id, [])
            assert (row.answered_at is not None) == (row.id in self.said)

    @invariant()
    def only_the_newest_link_opens(self) -> None:
        assert all(by_code(code) is None for code in self.dead)
        for row_id, code in self.codes.items():
            found = by_code(code)
            assert found is not None
            assert found.id == row_id


def test_links_keep_to_their_table(session):
    run_state_machine_as_test(
        Links,
        settings=settings(
            max_examples=examples(5, 25),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
