"""Rows that any number of senders send: claimed for a time by the database's clock, held, marked, given back."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Update, and_, exists, or_, select, update

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import database_now
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.common.models import DeliveryPause

LEASE = timedelta(minutes=3)
NOT_PAUSED = ~exists(DeliveryPause.id)
Row = TypeVar("Row")


def rows(model: Any, *which: ColumnElement[bool]) -> Update:
    """Return an update of a queue's rows, none of which the session holds."""
    return update(model).where(*which).execution_options(synchronize_session=False)


def claim(uow: UnitOfWork, model: Any, token: str, now: datetime, limit: int, *which: ColumnElement[bool]) -> list[int]:
    """Step: claim rows that are due and nobody has, those due first; return their ids."""
    moment = database_now()
    free = or_(
        and_(model.state == OutboxState.WAITING, model.next_attempt_at <= now),
        and_(model.state == OutboxState.CLAIMED, model.lease_until < moment),
    )
    statement = select(model.id).where(free, NOT_PAUSED, *which).order_by(model.next_attempt_at, model.id).limit(limit)
    ids = list(uow.session.scalars(statement.with_for_update(skip_locked=True)))
    if ids:
        claimed = {"state": OutboxState.CLAIMED, "claim_token": token, "lease_until": moment + LEASE}
        uow.session.execute(rows(model, model.id.in_(ids)).values(**claimed))
    return ids


def ours(uow: UnitOfWork, model: type[Row], row_id: int, token: str) -> Row | None:
    """Step: lock and return a claimed row; None when it is no longer ours, or nothing may be sent."""
    queue: Any = model
    mine = select(queue).where(
        queue.id == row_id, queue.claim_token == token, queue.state == OutboxState.CLAIMED, NOT_PAUSED
    )
    held = mine.with_for_update().execution_options(populate_existing=True)
    found: Row | None = uow.session.scalars(held).one_or_none()
    return found


def mark(uow: UnitOfWork, model: Any, row_id: int, token: str, values: dict[str, Any]) -> bool:
    """Step: end our claim of a row with what its attempt came to; False when it is no longer ours."""
    mine = rows(model, model.id == row_id, model.claim_token == token)
    marked = mine.values(claim_token=None, lease_until=None, **values).returning(model.id)
    return uow.session.execute(marked).first() is not None


def give_back(model: Any, token: str, now: datetime) -> None:
    """Let what we claimed and did not get to wait again."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        mine = rows(model, model.claim_token == token, model.state == OutboxState.CLAIMED)
        # its lease stays as a trace that somebody had it: it may have been sent
        uow.session.execute(mine.values(state=OutboxState.WAITING, claim_token=None))
