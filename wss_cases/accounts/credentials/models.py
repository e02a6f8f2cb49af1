"""A person's second factor: the app's secret under the envelope, and the codes for the day the phone is lost."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class SecondFactor(Base):
    """A time-based code (RFC 6238). `last_step` is the newest step that was used: no code works twice.

    `failures` counts wrong codes since the last right one, so that guessing ends and does not only slow down.
    """

    __tablename__ = "second_factor"
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    since: Mapped[datetime]
    last_step: Mapped[int]
    failures: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """One code that stands in for the app once; the table holds its digest."""

    __tablename__ = "recovery_code"
    PRIVATE = frozenset({"digest"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
