"""Reading waivers, exceptions and holds. The text of notes is read only by the use case `read_notes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.pathways.circles.notes.models import PrivilegeException, PrivilegeWaiver
from wss_cases.pathways.circles.training.queries import names_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds.models import LegalHold
from wss_cases.pathways.legal_holds.queries import circle_held

Act = TypeVar("Act", PrivilegeWaiver, PrivilegeException, LegalHold)


def is_held(pathway_id: int) -> bool:
    """Whether an open hold stops the shredding of this circle's notes."""
    return db.session.scalar(select(Pathway.id).where(Pathway.id == pathway_id, circle_held())) is not None


@dataclass(frozen=True)
class Acts:
    """The recorded acts around a circle's privilege, newest first, and the names of those who recorded them."""

    waivers: Sequence[PrivilegeWaiver]
    exceptions: Sequence[PrivilegeException]
    holds: Sequence[LegalHold]
    names: dict[int, str]


def acts_of(pathway_id: int) -> Acts:
    """Return the waivers, exceptions and holds of a circle; the caller has checked who reads them."""
    waivers = _newest_first(PrivilegeWaiver, pathway_id)
    exceptions = _newest_first(PrivilegeException, pathway_id)
    holds = _newest_first(LegalHold, pathway_id)
    people = [row.recorded_by_id for row in waivers] + [row.recorded_by_id for row in exceptions]
    people += [who for row in holds for who in (row.opened_by_id, row.closed_by_id) if who is not None]
    return Acts(waivers, exceptions, holds, names_of(set(people)))


def _newest_first(model: type[Act], pathway_id: int) -> Sequence[Act]:
    return db.session.scalars(select(model).where(model.pathway_id == pathway_id).order_by(model.id.desc())).all()


def get_waiver(pathway_id: int, waiver_id: int) -> PrivilegeWaiver:
    """Return a waiver of this circle. Raises NotFound."""
    row = db.session.get(PrivilegeWaiver, waiver_id)
    if row is None or row.pathway_id != pathway_id:
        raise NotFound
    return row


def get_hold(pathway_id: int, hold_id: int) -> LegalHold:
    """Return a hold of this circle. Raises NotFound."""
    row = db.session.get(LegalHold, hold_id)
    if row is None or row.pathway_id != pathway_id:
        raise NotFound
    return row
