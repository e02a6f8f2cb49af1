"""Circles for tests: every requirement opened through the use cases, then planned and held."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import inspect

from tests.cases.making import NOW, TODAY, World, actor_for, make_user
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.pathways.circles import keepers
from wss_cases.pathways.circles.agreements.pages import TermDraft
from wss_cases.pathways.circles.circle.models import (
    GuardianAnswer,
    MeetingState,
    PartyAnswer,
    Presence,
    ScreenAnswer,
    SupporterRelation,
)
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.meeting import actions as meetings
from wss_cases.pathways.circles.meeting import pages
from wss_cases.pathways.circles.meeting.queries import Attendance
from wss_cases.pathways.circles.preparation import actions as preparation
from wss_cases.pathways.circles.preparation.actions import Visit
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import load_pathway
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet
from wss_cases.training.records.pages import record_training
from wss_cases.training.topics import KnownTopic

_numbers = count(1)
LATER = NOW + timedelta(days=2)
TRAINED = date(2026, 9, 1)
HOLD = {
    "applies_to": "face_to_face",
    "until": {"en": "a safety plan is agreed", "es": "haya un plan de seguridad"},
    "rules": ["H2"],
    "because": {"en": "There is bullying.", "es": "Hay acoso."},
}


def circle_now(pathway: Pathway) -> Circle:
    """Return what stands around a circle now, read anew."""
    # its key is known even where a refused act has left the record without a session
    (key,) = inspect(pathway).identity
    db.session.expunge_all()
    row = load_pathway(key)
    assert row is not None
    return circle_of(row)


def make_circle(world: World, **values: Any) -> Pathway:
    """Add a proposed peer conference of the world's case, or another kind."""
    row: Pathway = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, **({"owner_id": world.coordinator.id} | values)
    )
    return row


def train(
    world: World, user: UserAccount, topic: KnownTopic = KnownTopic.CIRCLE_KEEPING, until: date | None = None
) -> int:
    """Put a training on record at the world's school, by an administrator of it."""
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    return record_training(
        Invocation(administrator, NOW),
        world.school.id,
        user=user.id,
        topic=topic,
        provider="",
        completed_on=TRAINED,
        valid_until=until,
    )


def keep(world: World, pathway: Pathway, user: UserAccount | None = None, until: date | None = None) -> Actor:
    """Let somebody with a training keep the circle (the coordinator by default); return them."""
    keeper = user or world.coordinator
    actor = world.actor if user is None else actor_for(fresh(user))
    train(world, keeper, until=until)
    keepers.add_keeper(Invocation(world.actor, NOW), pathway.id, keeper=keeper.id)
    return actor


def visit(call: Invocation, pathway_id: int, person_id: int, **said: Any) -> int:
    """Record what one visit of a party settled; in person, where a day is given."""
    return preparation.record_visit(call, pathway_id, person_id, Visit(**({"manner": "in_person"} | said)))


def record_support(call: Invocation, pathway_id: int, person_id: int, on: date) -> int:
    return visit(call, pathway_id, person_id, on=on, support=True)


def record_pre_meeting(call: Invocation, pathway_id: int, person_id: int, on: date) -> int:
    return visit(call, pathway_id, person_id, on=on, pre_met=True)


def record_ready(call: Invocation, pathway_id: int, person_id: int, ready: bool) -> int:
    """Record whether one party is ready to meet."""
    return visit(call, pathway_id, person_id, ready=ready)


def add_supporter(call: Invocation, pathway_id: int, person_id: int, relation: SupporterRelation, name: str) -> int:
    """Invite somebody whom a party wants beside them."""
    return visit(call, pathway_id, person_id, supporter=name, relation=relation)


def record_consent(
    call: Invocation, pathway_id: int, person_id: int, yes: bool, guardian: bool | None, on: date, name: str = ""
) -> int:
    """Record what one party and a guardian said about taking part; None: no guardian said anything."""
    answer = PartyAnswer.YES if yes else PartyAnswer.NO
    said = {True: GuardianAnswer.PAPER, False: GuardianAnswer.NO, None: None}[guardian]
    return visit(call, pathway_id, person_id, on=on, answer=answer, guardian=said, guardian_name=name)


def prepare(
    world: World, pathway: Pathway, who: Iterable[Any] | None = None, skip: Collection[str] = (), now: datetime = NOW
) -> None:
    """Offer support to each invited party, meet them alone, and find them ready, but for what `skip` names."""
    for person in circle_now(pathway).invited if who is None else who:
        if "support" not in skip and was_harmed(person):
            record_support(Invocation(world.actor, now), pathway.id, person.id, TODAY)
        if "pre_meeting" not in skip:
            record_pre_meeting(Invocation(world.actor, now), pathway.id, person.id, TODAY)
        if "ready" not in skip:
            record_ready(Invocation(world.actor, now), pathway.id, person.id, True)


def consent(
    world: World, pathway: Pathway, yes: bool = True, guardian: bool | None = None, who: Iterable[Any] | None = None,
    now: datetime = NOW,
) -> None:  # fmt: skip
    """Record what each invited party says about taking part, as the circle's keeper where there is one."""
    circle = circle_now(pathway)
    keeper = next((db.session.get(UserAccount, key) for key in circle.keeper_names), None)
    actor = actor_for(keeper) if keeper is not None else world.actor
    for person in circle.invited if who is None else who:
        record_consent(Invocation(actor, now), pathway.id, person.id, yes, guardian, TODAY)


def screen(actor: Actor, pathway: Pathway, answer: ScreenAnswer = ScreenAnswer.SAFE, now: datetime = NOW) -> None:
    pages.record_screen(Invocation(actor, now), pathway.id, answer, TODAY)


def open_requirements(world: World, pathway: Pathway, keeper: UserAccount | None = None) -> Pathway:
    """Open every requirement of a circle but its holds."""
    actor = keep(world, pathway, keeper)
    prepare(world, pathway)
    consent(world, pathway)
    screen(actor, pathway)
    return pathway


def ready_circle(world: World, keeper: UserAccount | None = None, **values: Any) -> Pathway:
    return open_requirements(world, make_circle(world, **values), keeper)


def plan(
    world: World, pathway: Pathway, starts_at: datetime = LATER, now: datetime = NOW, keeper_id: int | None = None
) -> int:
    """Plan its meeting, or move the one that is planned. Returns its id."""
    keeper = keeper_id or next(iter(circle_now(pathway).keeper_names), world.coordinator.id)
    return pages.plan_meeting(
        Invocation(world.actor, now), pathway.id, starts_at=starts_at, room="204", keeper_id=keeper, anyway=True
    )


def attendance(pathway: Pathway, absent: Collection[int] = (), left: Collection[int] = ()) -> Attendance:
    """Return that everybody came but these parties."""
    circle = circle_now(pathway)

    def of(key: int) -> Presence:
        if key in left:
            return Presence.LEFT_EARLY
        return Presence.ABSENT if key in absent else Presence.CAME

    return Attendance(
        parties={person.id: of(person.id) for person in circle.invited},
        supporters={row.id: Presence.CAME for row in circle.supporters if row.ended_at is None},
        keepers=dict.fromkeys(circle.keeper_names, Presence.CAME),
    )


def answer(
    world: World, pathway: Pathway, meeting_id: int, state: MeetingState, *, absent: Collection[int] = (),
    left: Collection[int] = (), now: datetime = LATER + timedelta(hours=1),
) -> None:  # fmt: skip
    came = attendance(pathway, absent, left)
    meetings.answer_meeting(Invocation(world.actor, now), meeting_id, state, came)


def held_circle(world: World, **values: Any) -> Pathway:
    pathway = ready_circle(world, **values)
    answer(world, pathway, plan(world, pathway), MeetingState.HELD)
    return pathway


def terms(world: World, *days: int) -> list[TermDraft]:
    """Return promises of the first person, due so many days after the first of December."""
    return [
        TermDraft(f"Promise {n}", world.people[0].id, date(2026, 12, 1) + timedelta(days=d), "")
        for n, d in enumerate(days)
    ]


def put_hold(world: World, **changes: Any) -> None:
    """Store a routing answer with one hold on the world's incident."""
    rules = RuleSet(name="held", number=next(_numbers), state="draft", table_rows={"rows": []})
    db.session.add(rules)
    db.session.flush()
    answer_ = {
        "ruleset": {"name": "held", "version": 1},
        "holds": [HOLD | changes],
        "pathways": [],
        "police": "not_indicated",
    }
    db.session.add(
        RoutingAnswer(
            incident_id=world.incident.id,
            incident_person_id=None,
            rule_set_id=rules.id,
            created_at=NOW,
            facts={},
            answer=answer_,
        )
    )
    db.session.commit()
