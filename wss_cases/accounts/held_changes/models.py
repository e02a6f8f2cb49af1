"""Changes of an account that somebody else made, and that count only after a day or a second word."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum, where


class HeldKind(enum.StrEnum):
    """What waits: links to a new address, or the end of a second factor."""

    ADDRESS = "address"
    FACTOR = "factor"


class HeldChange(Base):
    """A new address that serves for no link yet, or a reset that is asked for.

    It waits `until` then, unless the holder confirms it from `known_email`, the address before, or a second
    administrator agrees; `settled_at` then, `settled_by_id` that administrator (None: the holder, or time).
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
