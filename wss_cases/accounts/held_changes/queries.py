"""Reading what waits for an account, and holding it."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.held_changes.models import HeldChange, HeldKind
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import UnitOfWork

HELD_FOR: Final = timedelta(hours=24)


def waiting(user_id: int, now: datetime) -> dict[HeldKind, HeldChange]:
    """Return what waits for an account, by its kind."""
    rows = select(HeldChange).where(
        HeldChange.user_id == user_id, HeldChange.settled_at.is_(None), HeldChange.until > now
    )
    return {row.kind: row for row in db.session.scalars(rows)}


def known_address(user_id: int, now: datetime) -> str:
    """Return the address that is known to be a person's: the one before, while a new one waits."""
    held = waiting(user_id, now).get(HeldKind.ADDRESS)
    return held.known_email if held else db.session.get_one(UserAccount, user_id).email


def hold(uow: UnitOfWork, user: UserAccount, kind: HeldKind, known_email: str) -> HeldChange:
    """Step: let a change wait a day. What waits already keeps the address that was known first."""
    waits = select(HeldChange).where(
        HeldChange.user_id == user.id, HeldChange.kind == kind, HeldChange.settled_at.is_(None)
    )
    earlier = uow.session.scalars(waits.with_for_update()).one_or_none()
    if earlier is not None:
        earlier.settled_at = uow.now
        known_email = earlier.known_email if earlier.until > uow.now else known_email
        uow.session.flush()
    row = HeldChange(
        user_id=user.id, kind=kind, known_email=known_email, asked_by_id=uow.actor.user_id, asked_at=uow.now,
        until=uow.now + HELD_FOR,
    )  # fmt: skip
    return uow.add(row)
