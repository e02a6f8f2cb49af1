"""Codes with which a substitute marks one period of one day without an account. The table holds digests only."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id
from wss_cases.pathways.mentoring.periods.models import LONGEST_NAME


class PeriodCode(Base):
    """One code: for whose period, on which day, from when until when. It counts what was marked in its hour."""

    __tablename__ = "period_code"
    __table_args__ = (
        Index("ix_period_code_school", "school_id", "on_day"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("marked >= 0", name="marked"),
    )
    PRIVATE = frozenset({"digest", "period"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    period: Mapped[str] = mapped_column(String(LONGEST_NAME))
    on_day: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
    hour_began: Mapped[datetime | None]
    marked: Mapped[int] = mapped_column(default=0, server_default="0")
    teacher: Mapped[UserAccount] = relationship(foreign_keys=[teacher_id])


class PeriodGuess(Base):
    """A wrong code, counted by address and in total within a window."""

    __tablename__ = "period_guess"
    __table_args__ = (Index("ix_period_guess_address", "address", "at"), Index("ix_period_guess_at", "at"))

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
