"""Support with housing that is nobody's, where nobody may know of it: it waits for whoever comes who may."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import choose_for_housing
from wss_cases.foundation.db import among, db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.routing.engine.pages import Kind


def give_unowned(now: datetime) -> int:
    """Give support with housing that goes on and is nobody's to a coordinator of its school; returns how many.

    At a school without one it waits. Follow-ups that hang on it move in the sweep of follow-ups.
    """
    heirs = _heirs(now)
    if not heirs:
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        wanted = select(Pathway).where(among(Pathway.id, sorted(heirs)), _nobodys()).order_by(Pathway.id)
        rows = list(uow.session.scalars(wanted.with_for_update(skip_locked=True)))
        for row in rows:
            heir = uow.session.get_one(UserAccount, heirs[row.id])
            row.owner_id = heir.id
            uow.record(row, "pathway.owner", what=row.kind, to=heir.name)
    return len(rows)


def _nobodys() -> ColumnElement[bool]:
    of_housing = Pathway.kind == Kind.HOUSING_BASIC_NEEDS
    return and_(Pathway.owner_id.is_(None), Pathway.state.in_(LIVE), of_housing)


def _heirs(now: datetime) -> dict[int, int]:
    """Whose each of them becomes; without those of schools where it can be nobody's yet."""
    waiting = select(Pathway.id, Pathway.school_id, Case.lead_id).join(Case, Case.id == Pathway.case_id)
    rows = db.session.execute(waiting.where(_nobodys())).all()
    chosen = {place: choose_for_housing(*place, now) for place in {(row[1], row[2]) for row in rows}}
    found = ((row[0], chosen[row[1], row[2]]) for row in rows)
    return {pathway_id: heir_id for pathway_id, heir_id in found if heir_id is not None}
