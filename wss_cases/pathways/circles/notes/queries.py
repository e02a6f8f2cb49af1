"""Queries: waivers, exceptions, holds, and notes closed to a keeper. Only `read_notes` in `pages.py` reads text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.messages import (
    CircleNote,
    NoteOpening,
    NoteShare,
    PrivilegeException,
    PrivilegeWaiver,
)
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import LegalHold, circle_held
from wss_cases.training.records.models import names_of

Act = TypeVar("Act", PrivilegeWaiver, PrivilegeException, LegalHold)


def is_held(pathway_id: int) -> bool:
    return db.session.scalar(select(Pathway.id).where(Pathway.id == pathway_id, circle_held())) is not None


@dataclass(frozen=True)
class Acts:
    """The acts recorded around a circle's privilege, newest first, and the names of those who recorded them."""

    waivers: Sequence[PrivilegeWaiver]
    exceptions: Sequence[PrivilegeException]
    holds: Sequence[LegalHold]
    names: dict[int, str]


def acts_of(pathway_id: int) -> Acts:
    """The waivers, exceptions and holds of a circle; the caller has checked who reads them."""
    waivers = _newest_first(PrivilegeWaiver, pathway_id)
    exceptions = _newest_first(PrivilegeException, pathway_id)
    holds = _newest_first(LegalHold, pathway_id)
    people = [row.recorded_by_id for row in waivers] + [row.recorded_by_id for row in exceptions]
    people += [who for row in holds for who in (row.opened_by_id, row.closed_by_id) if who is not None]
    return Acts(waivers, exceptions, holds, names_of(set(people)))


def _newest_first(model: type[Act], pathway_id: int) -> Sequence[Act]:
    return db.session.scalars(select(model).where(model.pathway_id == pathway_id).order_by(model.id.desc())).all()


def get_waiver(pathway_id: int, waiver_id: int) -> PrivilegeWaiver:
    """A waiver of this circle. Raises NotFound."""
    row = db.session.get(PrivilegeWaiver, waiver_id)
    if row is None or row.pathway_id != pathway_id:
        raise NotFound
    return row


def get_hold(pathway_id: int, hold_id: int) -> LegalHold:
    """A hold of this circle. Raises NotFound."""
    row = db.session.get(LegalHold, hold_id)
    if row is None or row.pathway_id != pathway_id:
        raise NotFound
    return row


def closed_to(pathway_id: int, user_id: int | None, author_id: int | None = None) -> Sequence[Any]:
    """(id, written_at, name) of the notes closed to a current keeper, the oldest first; of one author if given.

    Empty for someone who is not a keeper. The caller has checked who asks.
    """
    period = (
        select(CircleKeeper.id)
        .where(CircleKeeper.pathway_id == pathway_id, CircleKeeper.user_id == user_id, CircleKeeper.ended_at.is_(None))
        .scalar_subquery()
    )
    opened = select(NoteShare.note_id).where(NoteShare.keeper_id == period)
    began = select(CircleKeeper.added_at).where(CircleKeeper.id == period).scalar_subquery()
    statement = (
        select(CircleNote.id, CircleNote.written_at, UserAccount.name)
        .join(UserAccount, UserAccount.id == CircleNote.author_id)
        .where(CircleNote.pathway_id == pathway_id, CircleNote.id.not_in(opened), CircleNote.written_at < began)
        .order_by(CircleNote.written_at, CircleNote.id)
    )
    if author_id is not None:
        statement = statement.where(CircleNote.author_id == author_id)
    return db.session.execute(statement).all()


def openings_of(pathway_id: int) -> Sequence[NoteOpening]:
    """The requests to open notes of a circle, newest first; the caller has checked who reads them."""
    statement = select(NoteOpening).where(NoteOpening.pathway_id == pathway_id)
    return db.session.scalars(statement.order_by(NoteOpening.id.desc())).all()


def waiting_outside(actor: Actor) -> Sequence[NoteOpening]:
    """Openings that wait for someone outside the school, at the actor's schools."""
    waiting = select(NoteOpening).where(
        NoteOpening.opened_at.is_(None), in_schools(NoteOpening.school_id, actor, Role.DISTRICT)
    )
    return db.session.scalars(waiting.order_by(NoteOpening.id)).all()


def get_opening(actor: Actor, opening_id: int) -> NoteOpening:
    """An opening to which the actor may agree from outside the school. Raises NotFound."""
    opening = existing(db.session.get(NoteOpening, opening_id))
    require(actor, Permission.CIRCLE_NOTE_OPEN, opening)
    return opening


def period_names(pathway_id: int) -> dict[int, str]:
    """The keeper's name by the id of their period."""
    statement = (
        select(CircleKeeper.id, UserAccount.name)
        .join(UserAccount, UserAccount.id == CircleKeeper.user_id)
        .where(CircleKeeper.pathway_id == pathway_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
