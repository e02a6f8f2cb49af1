"""A circle on which anything may be done: what is known of it beside the system, and what must never be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.making import circle_now, make_circle, put_hold
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.pathways.circles.circle.models import (
    CONSENT_TRANSITIONS,
    MEETING_TRANSITIONS,
    ConsentState,
    MeetingState,
    consent_state,
    meeting_state,
)
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.requirements.presenters import next_steps, steps_alone
from wss_cases.pathways.circles.requirements.queries import Circle, begun_in_columns, requirements_in_columns
from wss_cases.pathways.circles.terms import completion_meeting_allowed
from wss_cases.pathways.common.models import LIVE, TRANSITIONS, Pathway, PathwayState


class Watched(RuleBasedStateMachine):
    """One circle under a hold, with two parties, and what must hold of it after every act.

    What each requirement needs stands here once more, in plain sets, so that the system is not judged by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = make_world()
        put_hold(self.world)
        self.administrator = actor_for(make_user(self.world.school, Role.ADMINISTRATOR))
        self.dean = actor_for(make_user(self.world.school, Role.DEAN))
        self.circle = make_circle(self.world)
        self.now = NOW
        self.keeper = self.trained = self.safe = self.lifted = self.guardians = False
        self.support: set[int] = set()
        self.met: set[int] = set()
        self.ready: set[int] = set()
        self.willing: set[int] = set()
        self.guardian: set[int] = set()
        self.states: dict[int, MeetingState] = {}
        self.said: dict[int, ConsentState] = {}
        self.state = PathwayState.PROPOSED
        self.around = circle_now(self.circle)
        self.withdrew: int | None = None
        self.ending = "withdraw"

    @property
    def row(self) -> Pathway:
        """The circle as the database has it."""
        return fresh(self.circle)  # type: ignore[no-any-return]

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE

    @property
    def all_open(self) -> bool:
        """Whether a meeting may be planned, by the sets kept here."""
        both = {0, 1}
        guardians = self.guardian == both or not self.guardians
        prepared = 1 in self.support and self.met == both and self.ready == both and self.willing == both
        return self.keeper and self.trained and self.safe and self.lifted and prepared and guardians

    def act(self, may: bool, act: Callable[..., Any], actor: Actor, *arguments: Any, **named: Any) -> bool:
        """Carry out an act; it is refused exactly where it may not be."""
        try:
            act(Invocation(actor, self.now), *arguments, **named)
        except Refused:
            assert not may, (act, arguments)
            return False
        assert may, (act, arguments)
        return True

    def leads(self) -> None:
        """Whoever leads the case and is trained keeps the circle once they prepare it."""
        self.keeper = self.keeper or self.trained

    def person(self, index: int) -> int:
        """Return a party's id; the second was harmed."""
        return int(self.world.people[index].id)

    @invariant()
    def what_must_never_be(self) -> None:
        """Read the circle once after each act, and look at it from every side."""
        around, row = circle_now(self.circle), self.row
        self.around = around
        if self.withdrew is not None:
            assert around.consents[self.person(self.withdrew)].consented is False
            assert around.waiting is None
        self.withdrew = None
        if around.waiting is not None and row.state in LIVE:
            assert self.willing == {0, 1} and self.ready == {0, 1} and self.safe, "planned with a closed requirement"
        assert around.waiting is None or row.state in LIVE, "ended with a meeting that waits"
        if row.state is PathwayState.COMPLETED:
            assert row.outcome and row.held_on and around.was_held, "completed without an outcome"
        assert row.state is self.state or row.state in TRANSITIONS[self.state]
        self.state = row.state
        self._asked_after_support(around)
        self._inside_the_tables(around)
        self._the_same_in_columns(around)

    def _the_same_in_columns(self, around: Circle) -> None:
        """What lists of many circles read says the same as what the page of one does."""
        row, today = self.row, local_date(self.now, DEFAULT_ZONE)
        assert steps_alone([row], today, self.now) == next_steps([row], today, self.now)
        read = begun_in_columns([row])
        requirements_in_columns(read, [row])
        assert read[row.id].requirements_on(today) == around.requirements_on(today)
        assert completion_meeting_allowed(read[row.id]) == completion_meeting_allowed(around)

    def _asked_after_support(self, around: Circle) -> None:
        for person in around.invited:
            consent = around.consents.get(person.id)
            if was_harmed(person) and consent is not None and consent.consented:
                assert around.preparations[person.id].support_offered_on is not None

    def _inside_the_tables(self, around: Circle) -> None:
        for meeting in around.meetings:
            now = meeting_state(meeting.happened, meeting.not_held_reason)
            before = self.states.get(meeting.id, MeetingState.PLANNED)
            assert now is before or now in MEETING_TRANSITIONS[before]
            self.states[meeting.id] = now
        for key, consent in around.consents.items():
            said = consent_state(consent.consented, consent.not_now)
            known = self.said.get(key, ConsentState.NOT_ASKED)
            assert said is known or said in CONSENT_TRANSITIONS[known]
            self.said[key] = said
