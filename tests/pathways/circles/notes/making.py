"""A circle with a keeper and notes, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cases.making import NOW, World, actor_for, make_world
from tests.factories.cases import PathwayFactory
from wss_cases.access.actor import Actor, Invocation
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.keepers import name_keeper
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.common.models import Pathway, PathwayState

LONG_AFTER = datetime(2028, 3, 1, 12, tzinfo=UTC)


def kept_circle(world: World, keeper: UserAccount | None = None) -> Pathway:
    """Add a circle of the world's case that somebody keeps, the coordinator unless said otherwise."""
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id, kind="peace_circle"
    )
    with unit_of_work(world.actor, NOW) as uow:
        name_keeper(uow, uow.session.get_one(Pathway, row.id), (keeper or world.coordinator).id)
    return row


def end(row: Pathway, at: datetime = NOW) -> None:
    """End a circle as declined."""
    row = db.session.get_one(Pathway, row.id)
    row.state, row.ended_at = PathwayState.DECLINED, at
    db.session.commit()


def write(actor: Actor, row: Pathway, *texts: str, now: datetime = NOW) -> list[int]:
    """Write notes, a minute apart."""
    return [
        write_note(Invocation(actor, now + timedelta(minutes=minute)), row.id, text)
        for minute, text in enumerate(texts)
    ]


__all__ = ["LONG_AFTER", "actor_for", "end", "kept_circle", "make_world", "write"]
