"""Second reviews by a network's deputy, for schools where nobody else can be the second person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role
from wss_cases.access.policy import load_object
from wss_cases.access.scope import in_schools
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.teams import colleagues
from wss_cases.accounts.two_persons import second_persons
from wss_cases.foundation.db import Base, Id, by_id, db, where
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.extension_points import deputy_looks
from wss_cases.journal.rooms import ForDeputy, SecondLook
from wss_cases.roster.directory.models import School


class DeputyLook(OfIncident, Base):
    """One record that waits for a second person outside the school: who asked, who is asked, the answer."""

    __tablename__ = "deputy_look"
    __table_args__ = (
        Index("ix_deputy_look_incident", "incident_id"),
        Index("ix_deputy_look_deputy", "deputy_id"),
        Index("uq_deputy_look_open", "object_type", "object_id", unique=True, **where("taken_at is null")),
        CheckConstraint("asked_by_id is null or asked_by_id <> deputy_id", name="another_person"),
        CheckConstraint("(taken_at is null) = (agrees is null)", name="taken"),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    deputy_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    agrees: Mapped[bool | None]


Statement = TypeVar("Statement", bound=Select[Any])
MOST = 100

load_look = by_id(DeputyLook)


def visible_to(statement: Statement, actor: Actor) -> Statement:
    return statement.where(
        DeputyLook.deputy_id == actor.user_id, in_schools(DeputyLook.school_id, actor, Role.DISTRICT)
    )


def waiting_for(actor: Actor) -> list[tuple[DeputyLook, ForDeputy]]:
    """The reviews waiting for the actor, with what they need to know, oldest first."""
    statement = visible_to(select(DeputyLook).where(DeputyLook.taken_at.is_(None)), actor)
    looks = db.session.scalars(statement.order_by(DeputyLook.id).limit(MOST)).all()
    return [(look, question) for look in looks if (question := asked_of(look)) is not None]


def asked_of(look: DeputyLook) -> ForDeputy | None:
    """What the deputy needs to know; None if it is decided, the network no longer names them, or they are a party to
    a report."""
    record = load_object(look.object_type, look.object_id) if look.taken_at is None else None
    looks = deputy_looks()[look.object_type]
    if record is None or look.deputy_id not in _named(look.school_id, looks.reports(record)):
        return None
    return looks.shows(record)


def open_look(object_type: str, object_id: int) -> DeputyLook | None:
    of = {"object_type": object_type, "object_id": object_id}
    return db.session.scalar(select(DeputyLook).filter_by(**of).where(DeputyLook.taken_at.is_(None)))


def agreed_look(object_type: str, object_id: int, since: datetime | None) -> DeputyLook | None:
    """A deputy's agreement about a record, asked since that time."""
    of = {"object_type": object_type, "object_id": object_id, "agrees": True}
    return db.session.scalar(select(DeputyLook).filter_by(**of).where(DeputyLook.asked_at >= since).limit(1))


def firsts_of(asked: SecondLook) -> set[int | None]:
    """People who may not be the second person because they asked or took part."""
    return {asked.asked_by_id, *asked.beside}


def able_deputies(school_id: int, incident_ids: Sequence[int], asked: SecondLook, now: datetime) -> list[int]:
    """The network's deputy and approver, in this order, if they cover the school, are no party to these reports, and
    can be the second person."""
    named = _named(school_id, incident_ids)
    reach = {one for one, actor in colleagues(named, now).items() if actor.covers(school_id, Role.DISTRICT)}
    able = second_persons(firsts_of(asked), reach, now)
    return [one for one in named if one in able]


def _named(school_id: int, incident_ids: Sequence[int]) -> list[int]:
    row = approver_of(db.session.get_one(School, school_id).network)
    ids = (row.deputy_id, row.approver_id) if row is not None else ()
    aside = parties_of(*incident_ids)
    return [one for one in ids if one is not None and one not in aside]
