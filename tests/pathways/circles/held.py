"""A circle whose meeting was held, for the tests of what comes after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.cases.making import NOW, World, actor_for, make_user
from tests.factories.cases import PathwayFactory
from wss_cases.access.actor import Invocation
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.agreements import pages
from wss_cases.pathways.circles.circle.models import (
    CircleAttendance,
    CircleKeeper,
    CircleMeeting,
    CircleSupporter,
    MeetingKind,
    SupporterRelation,
)
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.queries import load_pathway
from wss_cases.routing.engine.vocabulary import Kind

HELD_AT = NOW - timedelta(hours=2)
DUE = (NOW + timedelta(days=7)).date()


def circle_now(pathway: Pathway) -> Circle:
    """Return what stands around a circle now, read anew."""
    db.session.expire_all()
    row = load_pathway(pathway.id)
    assert row is not None
    return circle_of(row)


def held_circle(world: World, keeper: UserAccount | None = None, **values: Any) -> Pathway:
    """Add a peer conference that was held this morning; everybody came, with a supporter beside the first."""
    row: Pathway = PathwayFactory(
        case_id=world.case.id,
        school_id=world.school.id,
        kind=Kind.PEER_CONFERENCE.value,
        state=PathwayState.ACTIVE,
        held_on=HELD_AT.date(),
        **({"owner_id": world.coordinator.id} | values),
    )
    kept_by = keeper or make_user(world.school)
    placed = {"pathway_id": row.id, "case_id": world.case.id, "school_id": world.school.id}
    supporter = CircleSupporter(
        participant_id=world.people[0].id, relation=SupporterRelation.FAMILY, name="Auntie Quill", **placed
    )
    db.session.add_all([supporter, CircleKeeper(user_id=kept_by.id, added_at=HELD_AT, **placed)])
    db.session.flush()
    meeting = hold(row, kept_by, supporter_id=supporter.id)
    meeting.attendance += [CircleAttendance(participant_id=one.id, attended=True) for one in world.people]
    db.session.commit()
    return row


def hold(
    row: Pathway, keeper: UserAccount, kind: MeetingKind = MeetingKind.CIRCLE, at: datetime = HELD_AT,
    supporter_id: int | None = None,
) -> CircleMeeting:  # fmt: skip
    """Add a held meeting of a circle."""
    meeting = CircleMeeting(
        pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, keeper_id=keeper.id, kind=kind,
        starts_at=at, room="204", happened=True,
    )  # fmt: skip
    if supporter_id is not None:
        meeting.attendance = [CircleAttendance(supporter_id=supporter_id, attended=True)]
    db.session.add(meeting)
    db.session.commit()
    return meeting


def drafts(world: World, *texts: str) -> list[pages.TermDraft]:
    return [pages.TermDraft(text, world.people[0].id, DUE, "It is seen") for text in texts]


def agreed(world: World, row: Pathway, *texts: str) -> Agreement:
    """Record an agreement with these terms."""
    pages.make_agreement(
        Invocation(actor_for(world.coordinator), NOW), row.id, drafts(world, *(texts or ("Repaint it",)))
    )
    made = circle_now(row).agreement
    assert made is not None
    return made
