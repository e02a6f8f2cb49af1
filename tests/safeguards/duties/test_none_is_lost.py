"""Whatever facts come and whoever acts how: no duty disappears, or closes without what was done or two people."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.routing.strategies import facts_of
from tests.support.depth import examples
from wss_cases.access.actor import CASE_TEAM, SYSTEM, Actor, Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import DomainError
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.acts import Act
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.routing.drafts.pages import route
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.safeguards.duties.clocks import sweep_clocks
from wss_cases.safeguards.duties.duty import pages
from wss_cases.safeguards.duties.duty.models import (
    DUTY_LABELS,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDuty,
    StepOutcome,
    merged,
)
from wss_cases.safeguards.duties.duty.queries import duties_of, mandated_duties_of, steps_of
from wss_cases.safeguards.duties.duty.raising import raise_duties
from wss_cases.safeguards.duties.pages import OWN_ACTS, SCHOOL_ACTS, raise_by_hand, raise_own

START = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
EXAMPLES, ACTS = examples(25, 100), 10
DISCHARGED, DUE = DutyState.DISCHARGED, DutyState.DUE
FIXED = ("incident_id", "school_id", "kind_id", "code", "turn", "owner_id", "raised_at", "aware_at", "due_at")
CLOSING = ("state", "closed_at", "closed_by_id", "what_was_done", "proposed_by_id")
ACTS_OF: dict[str, dict[str, Act]] = {"shared": SCHOOL_ACTS, "own": OWN_ACTS}
LOOK = {"shared": Permission.DUTY_DISCHARGE, "own": Permission.OWN_DUTY_LOOK}


@dataclass
class World:
    """One report, the people around it, and what is remembered of each duty since it was raised."""

    people: list[Actor]
    incident_id: int
    chance: random.Random
    now: datetime = START
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)

    def act(self) -> None:
        """One act of somebody, allowed or not; what the rules refuse changes nothing."""
        self.now += timedelta(minutes=self.chance.choice((0, 7, 60, 60 * 26)))
        try:
            self.chance.choice((self.route, self.by_hand, *[self.on_a_duty] * 6))()
        except DomainError:
            db.session.rollback()

    def route(self) -> None:
        who = self.chance.choice([*self.people, SYSTEM])
        with unit_of_work(who, self.now) as uow:
            incident = uow.session.get_one(Incident, self.incident_id)
            facts = parse_facts(facts_of(self.chance.getrandbits(48)))
            answer, _said = route(uow, incident.id, None, facts, self.now.date())
            wanted = merged([answer.answer["duties"]])
            raise_duties(uow, incident, wanted)
        self.raised |= set(wanted)

    def by_hand(self) -> None:
        code = self.chance.choice(list(DUTY_LABELS))
        call = Invocation(self.chance.choice(self.people), self.now)
        given: dict[str, Any] = {"because": "Seen.", "aware_at": self.now}
        if code in PERSONAL:
            raise_own(call, self.incident_id, **given)
        else:
            facts = "verify_first" if self.chance.random() < 0.3 else "due"
            raise_by_hand(call, self.incident_id, **given, code=code, facts=facts)
        self.raised.add(code)

    def on_a_duty(self) -> None:
        duties = self.duties()
        if not duties:
            return
        proposed = [duty for duty in duties if duty.proposed_by_id is not None and duty.state in OPEN_DUTY]
        duty = self.chance.choice(proposed or duties if self.chance.random() < 0.4 else duties)
        who = self.chance.choice(self.people)
        side = self.chance.choice(("shared", "own")) if self.chance.random() < 0.2 else "shared"
        if duty.is_personal and self.chance.random() < 0.8:
            side = "own"
        acts, look = ACTS_OF[side], LOOK[side]
        call, them = Invocation(who, self.now), {"told_whom": "Them", "channel": "phone", "done_at": self.now}
        words, number = self.chance.choice(("Done.", " ", "Not so.")), duty.id
        kinds = ("step", "step", "discharge", "verify", "propose", "propose", "look", "sweep")
        waits = duty.proposed_by_id is not None and self.chance.random() < 0.6
        match "look" if waits else self.chance.choice(kinds):
            case "step":
                step = self.chance.choice(steps_of(duty)).step.id
                no = {"outcome": "not_applicable"}
                told = self.chance.choice(({"outcome": "done"} | them, no | {"note": words}, no))
                acts["step"](call, number, step_id=step, **told)
            case "discharge":
                acts["discharge"](call, number, what_was_done=words, **them)
            case "verify":
                acts["verify"](call, number, how=words)
            case "propose":
                acts["not_applicable"](call, number, reason=words)
            case "look":
                agrees = self.chance.random() < 0.7
                pages.take_second_review(call, number, agrees=agrees, permission=look)
            case "sweep":
                sweep_clocks(self.now)

    def duties(self) -> list[LegalDuty]:
        db.session.expire_all()
        statement = select(LegalDuty).where(LegalDuty.incident_id == self.incident_id)
        return list(db.session.scalars(statement.order_by(LegalDuty.id)))

    def check(self) -> None:
        """Compare with what is remembered, and remember."""
        duties = {duty.id: duty for duty in self.duties()}
        assert set(self.seen) <= set(duties), "a duty disappeared"
        assert self.raised <= {duty.code for duty in duties.values()}, "a duty is missing"
        for number, duty in duties.items():
            now_is = {name: getattr(duty, name) for name in (*FIXED, *CLOSING, "was_due")}
            was = self.seen.get(number, now_is)
            assert {name: was[name] for name in FIXED} == {name: now_is[name] for name in FIXED}
            self.stays_closed(was, now_is)
            assert not (was["was_due"] and duty.state is DutyState.VERIFY_FIRST), "due never goes back"
            if duty.state is DISCHARGED:
                self.was_carried_out(duty)
            if duty.state is DutyState.NOT_APPLICABLE:
                assert duty.what_was_done.strip()
                if duty.code == "adult_conduct" and duty.proposed_by_id is None:
                    self.nobody_had_acted_on(duty)
                else:
                    assert duty.proposed_reason.strip()
                    assert None not in (duty.proposed_by_id, duty.closed_by_id)
                    assert duty.proposed_by_id != duty.closed_by_id, "two people"
            self.seen[number] = now_is
        shown = {row.duty.id for row in duties_of(self.incident_id)}
        for actor in self.people:
            if actor.has(Role.ADMINISTRATOR):
                shown |= {row.duty.id for row in mandated_duties_of(actor, self.incident_id)}
        assert shown == set(duties), "a duty is hidden"

    def stays_closed(self, was: dict[str, Any], now_is: dict[str, Any]) -> None:
        """What is closed stays as it was. Only of what was carried out may one person say that it did not apply, and
        another agree or not; what was done then still stands there."""
        if was["state"] is DISCHARGED and now_is["state"] is DISCHARGED:
            assert was | {"proposed_by_id": None} == now_is | {"proposed_by_id": None}, "what was carried out changed"
        elif was["state"] is DISCHARGED:
            assert now_is["state"] is DutyState.NOT_APPLICABLE
            assert was["proposed_by_id"] is not None and now_is["proposed_by_id"] == was["proposed_by_id"]
            assert now_is["what_was_done"].startswith(was["what_was_done"] + "\n"), "what was done is gone"
        elif was["state"] is DutyState.NOT_APPLICABLE:
            assert was == now_is, "a closed duty changed"

    def nobody_had_acted_on(self, duty: LegalDuty) -> None:
        """What a mark on an adult raised went with the mark."""
        assert not duty.still_raised and duty.raised_by_id is None and duty.verified_by_id is None
        assert all(row.record is None for row in steps_of(duty)), "taken back though somebody had acted"
        assert duty.id in {
            entry.subject_id
            for entry in db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "duty.taken_back"))
        }

    def was_carried_out(self, duty: LegalDuty) -> None:
        assert duty.what_was_done.strip() and duty.closed_at is not None and duty.closed_by_id is not None
        records = [row.record for row in steps_of(duty)]
        assert all(record is not None for record in records), "closed with a step left open"
        assert any(record.outcome is StepOutcome.DONE for record in records if record), "closed with nothing done"
        if duty.code in PERSONAL:
            assert {record.recorded_by_id for record in records if record} == {duty.owner_id}


@pytest.fixture
def people(session: Any, at: Callable[..., datetime]) -> tuple[int, list[Actor]]:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    users = [make_user(role, school) for role in (Role.REPORTER, *CASE_TEAM, Role.DEAN, Role.ADMINISTRATOR)]
    return school.id, [acting(user) for user in users]


def test_no_duty_disappears_or_closes_without_reason(people: tuple[int, list[Actor]]) -> None:
    school_id, actors = people
    closed: set[DutyState] = set()

    @settings(max_examples=EXAMPLES)
    @given(st.integers(0, 2**48))
    def live(seed: int) -> None:
        school = type("School", (), {"id": school_id})
        world = World(actors, make_incident(school, reporter_id=actors[0].user_id).id, random.Random(seed))
        world.route()
        for _ in range(ACTS):
            world.act()
            world.check()
        closed.update(duty.state for duty in world.duties())

    live()
    assert closed == set(DutyState), "the acts reached every state, so the checks were put to use"
