"""Changes that someone else made to an account, in effect only after a day or a confirmation."""

import enum
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id, db, named_enum, where
from wss_cases.journal.unit_of_work import UnitOfWork


class HeldKind(enum.StrEnum):
    """A new address for links, or the removal of a second factor."""

    ADDRESS = "address"
    FACTOR = "factor"


class HeldChange(Base):
    """A new address that gets no link yet, or a requested reset.

    It is held `until` that time, unless the holder confirms it from the previous address `known_email`, or a second
    administrator agrees; then `settled_at` is set, and `settled_by_id` to that administrator (None: the holder, or
    time).
    """

    __tablename__ = "held_change"
    __table_args__ = (Index("uq_held_change_waits", "user_id", "kind", unique=True, **where("settled_at IS NULL")),)
    PRIVATE = frozenset({"known_email"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[HeldKind] = mapped_column(named_enum(HeldKind, "kind"))
    known_email: Mapped[str] = mapped_column(String(254))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


HELD_FOR: Final = timedelta(hours=24)


def waiting(user_id: int, now: datetime) -> dict[HeldKind, HeldChange]:
    """The held changes of an account, by kind."""
    rows = select(HeldChange).where(
        HeldChange.user_id == user_id, HeldChange.settled_at.is_(None), HeldChange.until > now
    )
    return {row.kind: row for row in db.session.scalars(rows)}


def known_address(user_id: int, now: datetime) -> str:
    """The address known to be a person's: the previous one while a new one is held."""
    held = waiting(user_id, now).get(HeldKind.ADDRESS)
    return held.known_email if held else db.session.get_one(UserAccount, user_id).email


def hold(uow: UnitOfWork, user: UserAccount, kind: HeldKind, known_email: str) -> HeldChange:
    """Step: hold a change for a day. An earlier held change keeps the address that was known first."""
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
